private import Glibc

/// Notes what the contracts document and what a test run has shown of it, in the file that CONTRACT_LOG names: the targets'
/// tests may run in several processes, so only whoever started them all can add it up. Without that variable it does nothing.
package struct ContractLog: Sendable {
    package static let shared = ContractLog()

    private let path = getenv("CONTRACT_LOG").map { String(cString: $0) }

    /// Appends a line for each status of an operation and for each code.
    func note(
        _ word: String, _ contract: OpenAPIContract, _ exchanges: [ContractRecorder.Exchange],
        _ codes: some Sequence<String>
    ) {
        append(
            exchanges.map { "\(word) status \(contract.name) \($0)\n" }
                + exchanges.map { "\(word) operation \(contract.name) \($0.operationID)\n" }
                + codes.map { "\(word) code \(contract.name) \($0)\n" })
    }

    private func append(_ lines: [String]) {
        guard let path, !lines.isEmpty else { return }
        let bytes = Array(lines.joined().utf8)
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        precondition(file >= 0, "CONTRACT_LOG cannot be written: \(path)")
        // One call for all: what several processes append at once does not mix.
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        close(file)
        precondition(written == bytes.count, "CONTRACT_LOG cannot be written: \(path)")
    }
}
