# One JSON log line (a flat object) in, one line for the eye out: `service   | level   | message key=value ...`.
# Left out: what the columns say already, and the identifiers that only a machine follows. Other lines pass as they are. What a terminal
# would act on is escaped in all of them; with `colored`, this program's own colors are in them. It works by bytes (LC_ALL=C).

BEGIN {
    split("timestamp level service message trace_id span_id parent_span_id", names, " ")
    for (i in names) hidden[names[i]] = 1
    prefix = service == "" ? "" : color("36", sprintf("%-12s", service)) " | "
    split("debug 2 info 32 warning 33 error 1;31", pairs, " ")
    for (i = 1; i in pairs; i += 2) colors[pairs[i]] = pairs[i + 1]
}

function color(code, text) { return colored ? "\033[" code "m" text "\033[0m" : text }

{
    line = harmless($0)
    level = message = fields = ""
    if (line !~ /^\{.*\}$/) {
        show(line)
        next
    }
    rest = substr(line, 2)
    while (match(rest, /^[, ]*"([^"\\]|\\.)*" *: */)) {
        key = substr(rest, 1, RLENGTH)
        sub(/^[, ]*"/, "", key)
        sub(/" *: *$/, "", key)
        rest = substr(rest, RLENGTH + 1)
        size = valueLength(rest)
        value = substr(rest, 1, size)
        rest = substr(rest, size + 1)
        if (key == "level") level = unquoted(value)
        else if (key == "message") message = unquoted(value)
        else if (!(key in hidden)) fields = fields " " color("2", key "=") (value ~ /^"[^ =\\]+"$/ ? unquoted(value) : value)
    }
    show((service == "" ? "" : color(level in colors ? colors[level] : "0", sprintf("%-7s", level)) " | ") message fields)
}

# Control characters (C0 but the tab, DEL, C1 in UTF-8) and marks of writing direction, as a question mark each.
function harmless(text) {
    gsub(/[\001-\010\013-\037\177]|\302[\200-\237]|\330\234|\342\200[\216\217\250-\256]|\342\201[\246-\251]/, "?", text)
    return text
}

# The length of the JSON value that `text` starts with.
function valueLength(text,    depth, position, character) {
    if (match(text, /^"([^"\\]|\\.)*"/)) return RLENGTH
    if (text !~ /^[\[{]/) return match(text, /^[^,}\]]*/) ? RLENGTH : 0
    for (position = 1; position <= length(text); position++) {
        character = substr(text, position, 1)
        if (character == "\"" && match(substr(text, position), /^"([^"\\]|\\.)*"/)) position += RLENGTH - 1
        else if (character ~ /[\[{]/) depth++
        else if (character ~ /[\]}]/ && --depth == 0) return position
    }
    return length(text)
}

function unquoted(value) {
    gsub(/^"|"$/, "", value)
    gsub(/\\"/, "\"", value)
    gsub(/\\\\/, "\\", value)
    return value
}

# One write, newline included: three of these programs share the terminal.
function show(text) {
    printf "%s", prefix text "\n"
    fflush()
}
