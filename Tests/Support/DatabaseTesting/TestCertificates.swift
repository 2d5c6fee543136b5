private import Glibc
private import WatchedProcesses

/// Certificates for a database, or another server, with TLS: an authority, what it signed for a server and for a caller, an authority that
/// signed nothing, and certificates that nobody may trust.
///
/// Made by the openssl program; the folder goes with the last reference.
package final class TestCertificates: Sendable {
    package let authorityPath: String
    package let otherAuthorityPath: String
    /// A folder that holds the authority's certificate alone, under its hash.
    package let authorityDirectoryPath: String
    /// The server's.
    package let certificatePath: String
    package let keyPath: String
    /// A caller's, by the same authority.
    package let callerCertificatePath: String
    package let callerKeyPath: String
    /// One of the server's key and names whose time is over.
    package let expiredCertificatePath: String
    /// One of the server's key and names that it signed itself.
    package let selfSignedCertificatePath: String
    /// What a database is started with.
    package var serverOptions: [String] { ["--ssl-cert=\(certificatePath)", "--ssl-key=\(keyPath)"] }
    private let folder: String

    /// - Parameter names: whom the server's certificate is made out to, such as `DNS:localhost` or `IP:127.0.0.1`.
    package init(for names: String...) throws {
        var template = Array("/tmp/test-certificates-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw TestDatabaseError("No temporary folder.") }
        let folder = String(cString: made)
        self.folder = folder
        authorityPath = "\(folder)/authority.pem"
        otherAuthorityPath = "\(folder)/other.pem"
        authorityDirectoryPath = "\(folder)/authorities"
        certificatePath = "\(folder)/server.pem"
        keyPath = "\(folder)/server.key"
        callerCertificatePath = "\(folder)/caller.pem"
        callerKeyPath = "\(folder)/caller.key"
        expiredCertificatePath = "\(folder)/expired.pem"
        selfSignedCertificatePath = "\(folder)/self-signed.pem"
        let script = """
            set -e
            cd "$0"
            key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
            for name in authority other; do
                openssl req -x509 $key -days 2 -subj "/CN=$name" -keyout "$name.key" -out "$name.pem"
            done
            for name in server caller; do openssl req $key -subj "/CN=$name" -keyout "$name.key" -out "$name.csr"; done
            printf 'subjectAltName=%s' "$1" >names
            sign='openssl x509 -req -CA authority.pem -CAkey authority.key -CAcreateserial -days 2'
            $sign -in server.csr -extfile names -out server.pem
            $sign -in caller.csr -out caller.pem
            # Two that start at once may get in each other's way.
            for attempt in 1 2 3 4 5; do
                faketime -f -3d $sign -in server.csr -extfile names -out expired.pem && break
            done
            test -s expired.pem
            openssl x509 -req -in server.csr -signkey server.key -days 2 -extfile names -out self-signed.pem
            mkdir authorities
            cp authority.pem "authorities/$(openssl x509 -noout -subject_hash -in authority.pem).0"
            """
        guard TestCertificates.run(["/bin/sh", "-c", script, folder, names.joined(separator: ",")]) else {
            throw TestDatabaseError(
                "The openssl program makes no certificates; is it installed (apt-get install openssl faketime)?")
        }
    }

    deinit { _ = TestCertificates.run(["/bin/rm", "-rf", folder]) }

    private static func run(_ arguments: [String]) -> Bool {
        guard let process = WatchedProcess.spawn(arguments, standardInput: nil) else { return false }
        var status: Int32 = 0
        return waitpid(process, &status, 0) == process && status == 0
    }
}
