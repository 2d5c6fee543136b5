private import CCurl
private import Glibc

/// What all users of libcurl in a process share.
package enum CurlLibrary {
    /// Whether libcurl is set up, which happens once for the process, when somebody first asks.
    ///
    /// A peer that closes early must be an error of one request; before libcurl 7.87 a write by OpenSSL to such a connection raised
    /// SIGPIPE, which ends a process.
    package static let isReady: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return ccurl_global_init() == CURLE_OK
    }()

    /// Where certificates are looked for, in this order: what `SSL_CERT_FILE` names, by the convention of OpenSSL, even if
    /// that cannot be read, because no other file can stand for it; Debian's and Ubuntu's place; Amazon Linux's, Red Hat's.
    ///
    /// A libcurl built on one distribution looks in that one's place only, so a binary that travels has to look itself.
    package static let systemBundlePath: String? = {
        if let named = getenv("SSL_CERT_FILE"), named.pointee != 0 { return String(cString: named) }
        return bundlePaths.first { access($0, R_OK) == 0 }
    }()

    /// A folder of certificates under the hashes of their subjects, as Debian and Ubuntu have it, from which OpenSSL takes the one that it
    /// needs; nil where there is none, or where `SSL_CERT_FILE` names what is trusted.
    ///
    /// For who connects to many: a bundle is read whole for each connection, which costs 20 ms and 0.75 MiB.
    package static let systemDirectoryPath: String? = {
        if let named = getenv("SSL_CERT_FILE"), named.pointee != 0 { return nil }
        var found = glob_t()
        defer { globfree(&found) }
        return glob("\(directoryPath)/????????.0", 0, nil, &found) == 0 && found.gl_pathc > 0 ? directoryPath : nil
    }()

    private static let directoryPath = "/etc/ssl/certs"
    private static let bundlePaths = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
}
