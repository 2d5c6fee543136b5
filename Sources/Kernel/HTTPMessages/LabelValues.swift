// What metrics may say of a message: values of closed sets, since whoever is on the other side chooses its own.

extension Method {
    /// The method, or `_OTHER` for one that no specification knows, as OpenTelemetry's semantic conventions have it.
    package var labelValue: String {
        // The longest has seven letters, and comparing texts that somebody made up costs more than their length.
        guard rawValue.utf8.count <= 7 else { return "_OTHER" }
        switch rawValue {
        case "GET", "POST", "PATCH", "DELETE", "HEAD", "PUT", "OPTIONS", "CONNECT", "TRACE": return rawValue
        default: return "_OTHER"
        }
    }
}

extension Status {
    /// The code, or `_OTHER` for one that the registry of HTTP's does not have.
    package var labelValue: String {
        switch code {
        case 100...104, 200...208, 226, 300...308, 400...418, 421...426, 428, 429, 431, 451, 500...508, 510, 511:
            String(code)
        default: "_OTHER"
        }
    }
}
