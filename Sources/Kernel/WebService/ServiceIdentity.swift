/// Who a service is, to its clients, its logs and its operators.
package struct ServiceIdentity: Sendable {
    /// The product's version; every service of it carries the same.
    package static let version = "1.0.0"

    /// As in `GET /` and in every log line: `customers-api`.
    package let name: String
    /// The executable: `CustomersAPI`.
    package let command: String
    package let summary: String
    /// Whether it serves the console at `/console`, whose pages work with its operations.
    let hasConsole: Bool

    /// The file of its contract, without the suffix: `customers` for `customers-api`.
    var contract: String { name.hasSuffix("-api") ? String(name.dropLast(4)) : name }

    package init(name: String, command: String, summary: String, hasConsole: Bool = false) {
        self.name = name
        self.command = command
        self.summary = summary
        self.hasConsole = hasConsole
    }
}
