import BlockingTesting
import Foundation
import HTTPMessages
import RepositoryFiles
import Testing
import WebhookSignatures

/// The functions that `docs/events.md` shows, as they stand there, run by the programs of their languages.
@Suite(.blocking) struct DocumentedVerificationTests {
    /// A language, and what calls its `verify` with the arguments body file, secret, id, timestamp and signatures.
    struct Language: Sendable, CustomTestStringConvertible {
        let name: String
        let command: [String]
        let call: String

        var testDescription: String { "\(name) by \(command[0])" }

        static let all = [
            Language(
                name: "python", command: ["python3"],
                call: """
                    import sys
                    path, secret, *fields = sys.argv[1:]
                    headers = dict(zip(["webhook-id", "webhook-timestamp", "webhook-signature"], fields))
                    with open(path, "rb") as file:
                        print("true" if verify(headers, file.read(), secret) else "false")
                    """),
            Language(
                name: "js", command: ["node"],
                call: """
                    const [path, secret, id, timestamp, signature] = process.argv.slice(2);
                    const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
                    console.log(verify(headers, require("node:fs").readFileSync(path), secret));
                    """),
            Language(
                name: "php", command: ["php"],
                call: """
                    [, $path, $secret, $id, $timestamp, $signature] = $argv;
                    $headers = ['webhook-id' => $id, 'webhook-timestamp' => $timestamp, 'webhook-signature' => $signature];
                    echo verify($headers, file_get_contents($path), $secret) ? 'true' : 'false';
                    """),
            Language(
                name: "ruby", command: ["ruby"],
                call: """
                    path, secret, *fields = ARGV
                    headers = %w[webhook-id webhook-timestamp webhook-signature].zip(fields).to_h
                    puts verify(headers, File.binread(path), secret)
                    """),
            shell("sh"), shell("bash"),
        ]

        private static func shell(_ program: String) -> Language {
            Language(
                name: "sh", command: [program],
                call: #"if verify "$3" "$4" "$5" "$2" <"$1"; then echo true; else echo false; fi"#)
        }
    }

    /// Bytes that no text has.
    private static let body = Array("{\"name\":\"Muñoz €\"}\r\n".utf8) + [0, 0xFF, 0xFE, 10, 10]

    @Test(arguments: Language.all)
    func `it believes what is signed, and nothing that was forged, is old or is signed by another`(_ language: Language)
        throws
    {
        let program = try Program(language)
        defer { program.remove() }
        // 24 to 64 bytes, of which the Base64 ends with one, two or no `=`.
        let secrets = try [32, 24, 64, 43].map { count in
            try #require(SigningSecret(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }))
        }
        let now = Int(Date().timeIntervalSince1970)
        func signed(at seconds: Int, by secrets: [SigningSecret]) throws -> [String] {
            let headers = WebhookSignature.headers(
                messageID: "7f3c1e5a-9d50-4c6e-8a35-2f6d1f0b7c11", timestampSeconds: seconds, body: Self.body,
                secrets: secrets)
            return try ["webhook-id", "webhook-timestamp", "webhook-signature"].map { try #require(headers[$0]) }
        }
        func verify(_ fields: [String], _ secret: SigningSecret, body: [UInt8] = Self.body) throws -> Bool {
            try program.verify(body, secret, fields)
        }
        let (new, old, stranger) = (secrets[0], secrets[1], secrets[2])
        for secret in secrets { #expect(try verify(try signed(at: now, by: [secret]), secret)) }
        #expect(try verify(try signed(at: now, by: [new]), new, body: []) == false)
        let valid = try signed(at: now, by: [new])

        // After a rotation.
        let rotated = try signed(at: now, by: [new, old])
        #expect(try verify(rotated, new))
        #expect(try verify(rotated, old))
        #expect(try !verify(rotated, stranger))
        #expect(try verify([valid[0], valid[1], "v1a,AAAA v2 v1, " + valid[2]], new))

        // Forged.
        #expect(try !verify(valid, stranger))
        #expect(try !verify(valid, new, body: Self.body + [32]))
        #expect(try !verify(valid, new, body: Array(Self.body.dropLast())))
        #expect(try !verify(["other", valid[1], valid[2]], new))
        #expect(try !verify([valid[0], String(now + 1), valid[2]], new))
        let code = valid[2].dropFirst(3)
        for signature in [
            "", "v1", "v1,", "v1,*", "v2,\(code)", String(code), "v1,\(code.dropLast())", "v1,\(code)=",
            "v1,v1,\(code)",
        ] {
            #expect(try !verify([valid[0], valid[1], signature], new), "\(signature)")
        }

        // Old, or of a clock that is ahead. Seconds from now, since this takes long on a busy machine.
        for (seconds, isBelieved) in [(-280, true), (280, true), (-310, false), (330, false), (-now, false)] {
            let time = Int(Date().timeIntervalSince1970) + seconds
            #expect(try verify(try signed(at: time, by: [new]), new) == isBelieved, "\(seconds)")
        }
        for timestamp in [
            "", "-\(now)", "+\(now)", "\(now).0", "\(now)\n", "\(now)x", String(repeating: "9", count: 40),
        ] {
            #expect(try !verify([valid[0], timestamp, valid[2]], new), "\(timestamp)")
        }
    }

    @Test func `each language that is shown is tested`() throws {
        let text = try RepositoryFile("docs/events.md").text()
        let section = try #require(
            text.split(separator: "\n## Verifying a signature\n").last?.split(separator: "\n## ").first)
        let shown = section.matches(of: /(?m)^```([a-z]+)$/).map { String($0.1) }
        #expect(Set(shown) == Set(Language.all.map(\.name)))
    }
}

/// A function of the document with what calls it, in a folder of its own.
private struct Program {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let language: DocumentedVerificationTests.Language
    private let folder: URL
    private var bodyPath: String { folder.appendingPathComponent("body").path }
    private var path: String { folder.appendingPathComponent("verify").path }

    init(_ language: DocumentedVerificationTests.Language) throws {
        self.language = language
        let text = try RepositoryFile("docs/events.md").text()
        let blocks = text.matches(of: /(?ms)^```([a-z]+)\n(.*?)^```/).filter { $0.1 == language.name }
        let functions = blocks.map { String($0.2) }.filter { $0.contains("verify(") }
        guard functions.count == 1 else {
            throw Failure(description: "\(functions.count) functions in \(language.name)")
        }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("verify-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data((functions[0] + "\n" + language.call + "\n").utf8).write(to: URL(fileURLWithPath: path))
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// - Parameter fields: id, timestamp and signatures.
    /// - Throws: `Failure` unless the program ends well and has printed `true` or `false`, and nothing else.
    func verify(_ body: [UInt8], _ secret: SigningSecret, _ fields: [String]) throws -> Bool {
        try Data(body).write(to: URL(fileURLWithPath: bodyPath))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = language.command + [path, bodyPath, secret.text] + fields
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        switch (process.terminationStatus, printed.trimmingCharacters(in: .whitespacesAndNewlines), complaints) {
        case (0, "true", ""): return true
        case (0, "false", ""): return false
        default: throw Failure(description: "\(language.command[0]) printed \"\(printed)\" and \"\(complaints)\".")
        }
    }
}
