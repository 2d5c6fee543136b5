private import Glibc

/// Where settings come from: the process's environment, and under it a `.env` file in the working directory.
package enum Environment {
    /// The variables of the process, completed by those of `.env`; what is set in the environment wins.
    package static func current(dotEnvPath: String = ".env") -> [String: String] {
        parse(dotEnv: textOfFile(dotEnvPath) ?? "").merging(processVariables()) { _, process in process }
    }

    /// The assignments in the text of a `.env` file: `NAME=value` a line, optionally after `export`, with `#` comments, and
    /// with the value in single or double quotes where blanks or `#` belong to it. Other lines are ignored.
    package static func parse(dotEnv text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            var line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("export ") { line = line.dropFirst(7).drop(while: \.isWhitespace) }
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
            var name = line[..<equals]
            while name.last?.isWhitespace == true { name.removeLast() }
            guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { continue }
            values[String(name)] = unquoted(line[line.index(after: equals)...].drop(while: \.isWhitespace))
        }
        return values
    }

    private static func unquoted(_ text: Substring) -> String {
        if let quote = text.first, quote == "\"" || quote == "'", let end = text.dropFirst().firstIndex(of: quote) {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        var value = text
        if let comment = text.indices.first(where: { index in
            text[index] == "#" && (index == text.startIndex || text[text.index(before: index)].isWhitespace)
        }) {
            value = text[..<comment]
        }
        while value.last?.isWhitespace == true { value.removeLast() }
        return String(value)
    }

    private static func processVariables() -> [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let equals = text.firstIndex(of: "=") {
                values[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return values
    }
}

/// The text of a file of at most 64 KiB, far more than any secret or `.env` needs; nil if it cannot be read whole.
package func textOfFile(_ path: String) -> String? {
    let bytesMax = 64 * 1024
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count == 0 { return String(validating: bytes, as: UTF8.self) }
        if count < 0 {
            if errno == EINTR { continue }
            return nil
        }
        bytes.append(contentsOf: chunk[..<count])
        if bytes.count > bytesMax { return nil }
    }
}
