package policyimport

import "strings"

// tabBlocks are the blocks of tab-separated text. Lines with tabs are rows; others
// are headings where they are short, have no full stop and stand before rows, and
// paragraphs elsewhere.
func tabBlocks(page string) []block {
	var blocks []block
	var t *table
	rows := 0
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.Contains(line, "\t"):
			if t == nil {
				t = &table{}
				blocks = append(blocks, block{table: t})
			}
			if rows++; rows > maxRows {
				t.cut++
				continue
			}
			t.rows = append(t.rows, tabRow(line))
		case strings.TrimSpace(line) == "":
			t = nil
		default:
			t = nil
			blocks = append(blocks, tabText(fold(line)))
		}
	}
	return blocks
}

func tabRow(line string) []cell {
	var row []cell
	for _, text := range strings.SplitN(line, "\t", maxColumns+1) {
		if len(row) == maxColumns {
			break
		}
		text = strings.TrimSpace(text)
		if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
			text = strings.ReplaceAll(text[1:len(text)-1], `""`, `"`) // as spreadsheets write them
		}
		row = append(row, newCell(fold(text), text))
	}
	return row
}

func tabText(text string) block {
	if len(text) > maxHeading || strings.HasSuffix(text, ".") {
		return block{text: text}
	}
	return block{level: boldLevel, text: text}
}
