private import Glibc

/// Where settings come from: the process's environment, and under it a `.env` file in the working directory.
package struct Environment: Sendable {
    /// What is set; an empty value hides the one in the file.
    package let values: [String: String]
    package let file: DotEnvFile

    package init(values: [String: String], file: DotEnvFile) {
        self.values = values
        self.file = file
    }

    /// The variables of the process, completed by those of `.env`; what is set in the environment wins.
    package static func current(dotEnvPath: String = ".env") -> Environment {
        let file = DotEnvFile(path: dotEnvPath)
        return Environment(values: file.values.merging(processVariables()) { _, process in process }, file: file)
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
