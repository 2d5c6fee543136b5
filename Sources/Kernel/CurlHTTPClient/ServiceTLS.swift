package import Settings

/// By what this product's services know each other, where they call each other by https. Nothing of it is used towards anybody else.
package struct ServiceTLS: Sendable {
    /// The authorities that must vouch for the others' certificates; nil for those of the system.
    let authorityPath: String?
    /// What this service shows of itself; nil where it shows nothing.
    let identity: Identity?

    struct Identity: Sendable {
        let certificatePath: String
        let keyPath: String
    }

    /// The system's authorities, and nothing that is shown.
    package init() {
        authorityPath = nil
        identity = nil
    }

    package init(_ reader: inout EnvironmentReader) {
        authorityPath = reader.readableFile(
            "TLS_CA_FILE",
            "PEM file of the authorities that alone may vouch for the other services, where their bases are https; by default those of the system."
        )
        let certificatePath = reader.readableFile(
            "TLS_CLIENT_CERTIFICATE_FILE",
            "PEM file of the certificate that this service shows the others; read again for each connection.")
        let keyPath = reader.readableFile("TLS_CLIENT_KEY_FILE", "PEM file of that certificate's private key.")
        if (certificatePath == nil) != (keyPath == nil) {
            reader.reject(
                certificatePath == nil ? "TLS_CLIENT_CERTIFICATE_FILE" : "TLS_CLIENT_KEY_FILE",
                "must be set, too: a certificate is of no use without its key")
        }
        if let certificatePath, let keyPath {
            identity = Identity(certificatePath: certificatePath, keyPath: keyPath)
        } else {
            identity = nil
        }
    }
}

extension CurlTransportConfiguration {
    /// The limits of calls to this product's own services.
    package init(_ tls: ServiceTLS) {
        self.init()
        if let path = tls.authorityPath { caBundlePath = path }
        identity = tls.identity
    }
}
