/// Why a server did not start.
package enum HTTPServerError: Error, Sendable, Equatable {
    case addressInUse(host: String, port: Int)
    /// Neither a numeric address nor `localhost`, or not an address of this machine.
    case addressInvalid(String)
    case permissionDenied(port: Int)
    /// It has been started before; a server runs once.
    case alreadyStarted
    /// What the system said.
    case system(String)

    /// A sentence for whoever started the process.
    package var message: String {
        switch self {
        case .addressInUse(let host, let port):
            "Another process listens on \(host) port \(port) already; stop it or choose another port."
        case .addressInvalid(let host):
            "\"\(host)\" is not an address of this machine; use a numeric address or localhost."
        case .permissionDenied(let port):
            "This user may not listen on port \(port); choose one above 1023."
        case .alreadyStarted:
            "The server has been started before; make another one."
        case .system(let reason):
            "The server could not start: \(reason)."
        }
    }
}
