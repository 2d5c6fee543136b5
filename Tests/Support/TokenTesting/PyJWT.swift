package import JSON
private import PythonPrograms

/// Tokens by PyJWT, an ordinary library, of which this product's code knows nothing.
package enum PyJWT {
    package struct Job: Sendable {
        fileprivate let line: JSONObject

        /// A token of these claims, as PyJWT makes it.
        ///
        /// - Parameters:
        ///   - key: a private JWK, or the text of a secret.
        ///   - headers: besides `alg` and `typ`.
        package static func sign(
            _ claims: JSONObject, _ key: JSONValue, _ algorithm: String, headers: JSONObject = JSONObject()
        ) -> Job {
            Job(
                line: JSONObject([
                    ("sign", .object(claims)), ("key", key), ("algorithm", .string(algorithm)),
                    ("headers", .object(headers)),
                ]))
        }

        /// A token of exactly these texts.
        ///
        /// - Parameter algorithm: what it is really signed by, whatever `header` says; empty for no signature.
        package static func craft(
            header: String, payload: String, _ key: JSONValue, _ algorithm: String
        ) -> Job {
            Job(
                line: JSONObject([
                    ("header", .string(header)), ("payload", .string(payload)), ("key", key),
                    ("as", .string(algorithm)),
                ]))
        }

        /// The token's claims as JSON, or `refused: ` and why.
        ///
        /// - Parameter options: arguments of PyJWT's `decode`.
        package static func verify(
            _ token: String, _ key: JSONValue, _ algorithm: String, options: JSONObject = JSONObject()
        ) -> Job {
            Job(
                line: JSONObject([
                    ("verify", .string(token)), ("key", key), ("algorithm", .string(algorithm)),
                    ("options", .object(options)),
                ]))
        }

        fileprivate static func make(_ name: String) -> Job { Job(line: JSONObject([("make", .string(name))])) }
    }

    /// What came of each job.
    package static func run(_ jobs: [Job]) throws -> [String] {
        let lines = jobs.map { String(decoding: JSONWriter.bytes(of: $0.line), as: UTF8.self) }
        let program = try PythonProgram("json-web-tokens.py", input: lines.joined(separator: "\n") + "\n")
        return try jobs.map { _ in try program.readLine() }
    }

    static func makeKeys(_ names: [String]) throws -> [TestKey] {
        try run(names.map(Job.make)).map { line in
            let json = try JSONParser.parse(Array(line.utf8))
            guard let own = json["private"], let published = json["public"] else { throw NoKey(line: line) }
            return TestKey(privateJWK: own, publicJWK: published)
        }
    }

    private struct NoKey: Error {
        let line: String
    }
}
