package integration_test

// packagedManagers are managers that portals load from npm, and have their own code or
// configuration around.
var packagedManagers = []manager{
	{
		name: "c15t",
		consent: `
  preset: c15t
  max_age: 6 months
  keys: {measuring: c.measurement, support: c.functionality, films: c.marketing}`,
		cookie: "c15t",
		varies: true,
		steps: []managerStep{
			{name: "no choice"},
			{name: "all refused at once", clicks: []string{"#none"}, choice: "c.necessary:1,i.t:"},
			{
				name:    "all accepted after that",
				clicks:  []string{"#all"},
				choice:  "c.necessary:1,c.functionality:1,c.measurement:1,c.marketing:1,i.t:",
				granted: managed,
			},
			{name: "all refused after that", clicks: []string{"#none"}, loads: true, choice: "c.necessary:1,i.t:"},
			{
				name:    "one accepted",
				fresh:   true,
				clicks:  []string{"#measurement", "#save"},
				choice:  "c.necessary:1,c.measurement:1,i.t:",
				granted: []string{"measuring"},
			},
			{
				name:    "another instead",
				clicks:  []string{"#measurement", "#marketing", "#save"},
				loads:   true,
				choice:  "c.necessary:1,c.marketing:1,i.t:",
				granted: []string{"films"},
			},
		},
	},
	{
		name:    "klaro",
		consent: "{preset: klaro}",
		cookie:  "klaro",
		steps: []managerStep{
			{name: "no choice"},
			{
				name:   "all refused at once",
				clicks: []string{"#klaro .cn-decline"},
				choice: "%7B%22measuring%22%3Afalse%2C%22support%22%3Afalse%2C%22films%22%3Afalse%7D",
			},
			{
				name:    "one accepted after that",
				clicks:  []string{"#settings", "label[for=purpose-item-support]", "#klaro .cm-btn-accept"},
				choice:  "%7B%22measuring%22%3Afalse%2C%22support%22%3Atrue%2C%22films%22%3Afalse%7D",
				granted: []string{"support"},
			},
			{
				name:    "all accepted at once",
				fresh:   true,
				clicks:  []string{"#klaro .cm-btn-success"},
				choice:  "%7B%22measuring%22%3Atrue%2C%22support%22%3Atrue%2C%22films%22%3Atrue%7D",
				granted: managed,
			},
			{
				name:    "one refused after that",
				clicks:  []string{"#settings", "label[for=purpose-item-films]", "#klaro .cm-btn-accept"},
				choice:  "%7B%22measuring%22%3Atrue%2C%22support%22%3Atrue%2C%22films%22%3Afalse%7D",
				granted: []string{"measuring", "support"},
			},
		},
	},
	{
		name:    "orejime",
		consent: "{preset: orejime}",
		cookie:  "eu-consent",
		steps: []managerStep{
			{name: "no choice"},
			{
				name:   "all refused at once",
				clicks: []string{".orejime-Banner-declineButton"},
				choice: "{%22measuring%22:false%2C%22support%22:false%2C%22films%22:false}",
			},
			{
				name:    "one accepted after that",
				clicks:  []string{"#settings", "label[for=orejime-purpose-support]", ".orejime-Modal-saveButton"},
				choice:  "{%22measuring%22:false%2C%22support%22:true%2C%22films%22:false}",
				granted: []string{"support"},
			},
			{
				name:    "all accepted at once",
				fresh:   true,
				clicks:  []string{".orejime-Banner-saveButton"},
				choice:  "{%22measuring%22:true%2C%22support%22:true%2C%22films%22:true}",
				granted: managed,
			},
			{
				name:   "all refused after that",
				clicks: []string{"#settings", ".orejime-PurposeToggles-disableAll", ".orejime-Modal-saveButton"},
				choice: "{%22measuring%22:false%2C%22support%22:false%2C%22films%22:false}",
			},
		},
	},
	{
		name:    "react-cookie-consent",
		consent: "{preset: react-cookie-consent}",
		cookie:  "CookieConsent",
		steps: []managerStep{
			{name: "no choice"},
			{name: "refused at once", clicks: []string{"#rcc-decline-button"}, choice: "false"},
			{name: "accepted after that", clicks: []string{"#again", "#rcc-confirm-button"}, choice: "true", granted: managed},
			{name: "refused after that", clicks: []string{"#again", "#rcc-decline-button"}, choice: "false"},
			{name: "accepted at once", fresh: true, clicks: []string{"#rcc-confirm-button"}, choice: "true", granted: managed},
			{name: "taken back", clicks: []string{"#again"}},
		},
	},
	{
		name: "vanilla-cookieconsent",
		consent: `
  preset: vanilla-cookieconsent
  max_age: 6 months
  keys: {measuring: measuring, support: support, films: films}`,
		cookie: "cc_cookie",
		varies: true,
		steps: []managerStep{
			{name: "no choice"},
			{
				name:   "all refused at once",
				clicks: []string{".cm__btn[data-role=necessary]"},
				choice: "%7B%22categories%22%3A%5B%22necessary%22%5D%2C",
			},
			{
				name:    "one accepted after that",
				clicks:  []string{"#settings", ".section__toggle-wrapper:has([value=support])", ".pm__btn[data-role=save]"},
				choice:  "%7B%22categories%22%3A%5B%22support%22%2C%22necessary%22%5D%2C",
				granted: []string{"support"},
			},
			{
				name:    "all accepted at once",
				fresh:   true,
				clicks:  []string{".cm__btn[data-role=all]"},
				choice:  "%7B%22categories%22%3A%5B%22necessary%22%2C%22measuring%22%2C%22support%22%2C%22films%22%5D%2C",
				granted: managed,
			},
			{
				name:   "all refused after that",
				clicks: []string{"#settings", ".pm__btn[data-role=necessary]"},
				choice: "%7B%22categories%22%3A%5B%22necessary%22%5D%2C",
			},
		},
	},
	{
		name: "vanilla-cookieconsent-2",
		consent: `
  preset: vanilla-cookieconsent
  max_age: 6 months
  keys: {measuring: measuring, support: support, films: films}`,
		cookie: "cc_cookie",
		varies: true,
		steps: []managerStep{
			{name: "no choice"},
			{name: "all refused at once", clicks: []string{"#c-s-bn"}, choice: `{"categories":["necessary"],"level":["necessary"],`},
			{
				name:    "one accepted after that",
				clicks:  []string{"#settings", ".b-tg:has([value=films])", "#s-sv-bn"},
				choice:  `{"categories":["necessary","films"],"level":["necessary","films"],`,
				granted: []string{"films"},
			},
			{name: "all refused after that", clicks: []string{"#settings", "#s-rall-bn"}, choice: `{"categories":["necessary"],"level":["necessary"],`},
		},
	},
}
