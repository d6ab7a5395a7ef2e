"""A small portal in the shape of an Opendatasoft one, for integration tests.

Settings, URLs, views and the WSGI application stand in this one module, so that
`gunicorn portal:application` is all it takes. Its database and its user are
made when it starts, in the directory that PORTAL_DATA names.
"""

import base64
import json
import os
import time
import urllib.parse

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(os.environ["PORTAL_DATA"], "portal.sqlite3"),
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
    ],
    LANGUAGE_CODE="en",
    LANGUAGES=[("ar", "Arabic"), ("en", "English"), ("fr", "French")],
    MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    # Fast, and good enough for a user that lives as long as one test.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="a portal that serves nobody but tests",
    USE_I18N=True,
    USE_TZ=True,
)
django.setup()

from django.contrib import auth, messages  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse  # noqa: E402
from django.http.cookie import parse_cookie  # noqa: E402
from django.middleware.csrf import get_token  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils.html import escape  # noqa: E402
from django.utils.translation import get_language, gettext  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402
from django.views.i18n import set_language  # noqa: E402

# What a tracker's code on the server would set. Session cookies, so that every
# response has the very same lines.
TRACKERS = {
    "_pk_id.1.1fff": "c0ffee0000000001.1790000000.",
    "_pk_ses.1.1fff": "1",
    "_ga": "GA1.1.1000000001.1790000000",
    "_gid": "GA1.1.1000000002.1790000000",
    "atuserid": "%7B%22val%22%3A%2200000000-0000-4000-8000-000000000001%22%7D",
}


def page(request, body):
    """A page as the portal's base template would render it."""
    visitor = request.user.get_username() or "nobody"
    shown = "".join("<li>%s</li>" % escape(m) for m in messages.get_messages(request))
    return HttpResponse(
        '<!doctype html><html lang="%s"><title>Portal</title>'
        '<p id="visitor">signed in: %s</p><p>%s</p><ul>%s</ul>'
        '<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="%s">%s</form></html>'
        % (get_language(), escape(visitor), gettext("password"), shown, get_token(request), body)
    )


def catalogue(request):
    return page(request, "<h1>Catalogue</h1>")


def log_in(request):
    if request.method == "POST":
        user = auth.authenticate(
            request, username=request.POST["username"], password=request.POST["password"]
        )
        if user is None:
            return HttpResponse("wrong name or password", status=401)
        auth.login(request, user)
        return HttpResponseRedirect("/")
    return page(
        request,
        '<input name="username"><input name="password" type="password"><button id="enter">Enter</button>',
    )


@require_POST
def log_out(request):
    auth.logout(request)
    return HttpResponseRedirect("/")


@require_POST
def records(request):
    """An API call, as the portal's pages make it: guarded against CSRF."""
    query = json.loads(request.body)["q"]
    return JsonResponse({"query": query, "user": request.user.get_username()})


@require_POST
def favourite(request):
    """Leaves a flash message for the next page."""
    messages.success(request, 'Dataset "bus, tram" is a favourite')
    return HttpResponseRedirect("/")


@require_POST
def preferences(request):
    """Keeps the choice from the server's side, in Python's quoted form."""
    matomo = request.POST["matomo"] == "true"
    response = HttpResponseRedirect("/")
    response.set_cookie(
        "cookies_preferences",
        json.dumps(
            {
                "functional_cookies": True,
                "ga": False,
                "matomo": matomo,
                "at": False,
                "timestamp": int(time.time() * 1000),
            }
        ),
        max_age=180 * 24 * 3600,
    )
    response.set_cookie("_pk_id.1.1fff", TRACKERS["_pk_id.1.1fff"])
    return response


def trackers(request):
    response = HttpResponse("trackers")
    for name, value in TRACKERS.items():
        response.set_cookie(name, value)
    return response


def forget(request):
    response = HttpResponse("forgotten")
    for name in TRACKERS:
        response.delete_cookie(name)
    return response


def whoami(request):
    return JsonResponse({"user": request.user.get_username(), "language": get_language()})


def echo(request):
    """The cookies that reached the portal, as Django reads them and as they came."""
    return JsonResponse({"cookies": request.COOKIES, "raw": request.META.get("HTTP_COOKIE")})


@csrf_exempt
@require_POST
def parse(request):
    """What Django reads in each Cookie header of a list, by the way of WSGI."""
    headers = (base64.b64decode(h).decode("utf-8", "replace") for h in json.loads(request.body))
    return JsonResponse([parse_cookie(h) for h in headers], safe=False)


VISIT = """<!doctype html><html lang="en"><title>Visit</title>
<button id="accept">Accept Matomo</button><button id="refuse">Refuse all</button>
<script>
  document.cookie = "_pk_id.1.1fff=c0ffee0000000002.1790000000.; path=/";
  document.cookie = "_ga=GA1.1.1000000003.1790000000; path=/";
  function choose(matomo) {
    const choice = {functional_cookies: true, ga: false, matomo: matomo, xiti: false, at: false,
      piano: false, eulerian: false, timestamp: Date.now()};
    document.cookie = "cookies_preferences=" + encodeURIComponent(JSON.stringify(choice)) +
      "; path=/; max-age=15552000; samesite=lax";
  }
  document.getElementById("accept").onclick = () => choose(true);
  document.getElementById("refuse").onclick = () => choose(false);
</script></html>
"""


def visit(request):
    """A page whose script writes cookies and the visitor's choice."""
    return HttpResponse(VISIT)


def with_lines(application):
    """Adds the Set-Cookie lines that the query names, as they are: Django's own
    cookies know fewer names and attributes than browsers do."""

    def answer(environ, start_response):
        lines = urllib.parse.parse_qs(environ["QUERY_STRING"]).get("set-cookie", [])

        def start(status, headers, *rest):
            return start_response(status, headers + [("Set-Cookie", line) for line in lines], *rest)

        return application(environ, start)

    return answer


urlpatterns = [
    path("", catalogue),
    path("deep/<path:rest>", lambda request, rest: catalogue(request)),
    path("login/", log_in),
    path("logout/", log_out),
    path("i18n/setlang/", set_language),
    path("api/records/", records),
    path("favourite/", favourite),
    path("preferences/", preferences),
    path("trackers/", trackers),
    path("forget/", forget),
    path("whoami/", whoami),
    path("echo/", echo),
    path("parse/", parse),
    path("visit/", visit),
]

application = with_lines(get_wsgi_application())
call_command("migrate", verbosity=0)
auth.get_user_model().objects.create_user("visitor", password="pass-for-tests")
