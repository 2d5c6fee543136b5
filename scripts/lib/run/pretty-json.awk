# JSON in, the same JSON out with a member or element a line, indented by two blanks.

{ text = text (NR > 1 ? "\n" : "") $0 }

END {
    for (position = 1; position <= length(text); position++) {
        character = substr(text, position, 1)
        rest = substr(text, position)
        if (match(rest, /^"([^"\\]|\\.)*"/)) {
            printf "%s", substr(rest, 1, RLENGTH)
            position += RLENGTH - 1
        } else if (match(rest, /^(\{[ \t\r\n]*\}|\[[ \t\r\n]*\])/)) {
            printf "%s", (character == "{" ? "{}" : "[]")
            position += RLENGTH - 1
        } else if (character ~ /[\[{]/) newline(character, ++depth)
        else if (character ~ /[\]}]/) { newline("", --depth); printf "%s", character }
        else if (character == ",") newline(",", depth)
        else if (character == ":") printf ": "
        else if (character !~ /[ \t\r\n]/) printf "%s", character
    }
    print ""
}

function newline(character, depth) { printf "%s\n%" (2 * depth) "s", character, "" }
