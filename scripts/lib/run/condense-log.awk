# One JSON log line (a flat object) in, one line for the eye out: `service   | level   | message key=value ...`.
# Left out: what the columns say already, and the identifiers that only a machine follows. Other lines pass as they are.

BEGIN {
    split("timestamp level service message trace_id span_id parent_span_id", names, " ")
    for (i in names) hidden[names[i]] = 1
    prefix = service == "" ? "" : sprintf("%-12s | ", service)
}

{
    line = $0
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
        else if (!(key in hidden)) fields = fields " " key "=" (value ~ /^"[^ =\\]+"$/ ? unquoted(value) : value)
    }
    show((service == "" ? "" : sprintf("%-7s | ", level)) message fields)
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
