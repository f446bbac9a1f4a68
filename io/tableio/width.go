package tableio

import "github.com/rivo/uniseg"

// width is how many places s takes on a terminal. ASCII, without control
// characters, takes one each.
func width(s []byte) int {
	for _, ch := range s {
		if ch >= 0x80 {
			return uniseg.StringWidth(string(s))
		}
	}
	return len(s)
}

// cut shortens s to at most most places, with an ellipsis for what is left out
// and never within a character as a reader sees it. s is returned as it is where
// it fits or most is 0.
func cut(s []byte, most int) []byte {
	if most == 0 || len(s) <= most || width(s) <= most {
		return s
	}
	end, used, state := 0, 0, -1
	for rest := s; len(rest) > 0; {
		var cluster []byte
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeCluster(rest, state)
		if used+w > most-1 {
			break
		}
		end, used = end+len(cluster), used+w
	}
	return append(s[:end:end], "…"...)
}
