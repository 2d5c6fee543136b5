import Concurrency
import CurlHTTPClient
import Foundation
import FreePorts
package import HTTPMessages
package import JSON

/// AWS's runtime interface emulator with one of this package's executables as its function.
///
/// In its classic mode it must never have two requests at once: the second one ends it.
package final class LambdaEmulator: Sendable {
    private let process: Lock<Process>
    private let origin: Origin
    private let transport: CurlTransport
    private let output = Lock<[UInt8]>([])

    /// The orchestrator before the two other services of `system`.
    ///
    /// - Parameter settings: variables beyond the necessary ones.
    package convenience init(
        _ system: RunningSystem, concurrency: Int? = nil, settings: [String: String] = [:]
    ) throws {
        let own = [
            "CUSTOMERS_API_BASE": "http://127.0.0.1:\(system.customers.port)",
            "ORDERS_API_BASE": "http://127.0.0.1:\(system.orders.port)",
            "SERVICE_TOKEN": RunningSystem.serviceToken, "API_TOKEN": RunningSystem.apiToken,
        ]
        try self.init("Orchestrator", concurrency: concurrency, settings: own.merging(settings) { _, given in given })
    }

    /// - Parameters:
    ///   - executable: by its name among the products.
    ///   - timeoutSeconds: the function's, which the emulator enforces.
    ///   - concurrency: nil for the classic mode; a number for that of Lambda managed instances, which needs
    ///     root, or sudo without a password.
    package init(
        _ executable: String, timeoutSeconds: Int = 20, concurrency: Int? = nil, settings: [String: String] = [:]
    ) throws {
        guard let path = ProcessInfo.processInfo.environment["LAMBDA_EMULATOR"], !path.isEmpty else {
            throw ServiceProcess.Failure(
                description: "LAMBDA_EMULATOR does not name AWS's emulator; scripts/lambda-emulator fetches it.")
        }
        let port = try freePort()
        guard let origin = Origin("http://127.0.0.1:\(port)") else {
            throw ServiceProcess.Failure(description: "no origin")
        }
        self.origin = origin
        var configuration = CurlTransportConfiguration()
        configuration.attemptTimeoutMilliseconds = 30_000
        transport = CurlTransport(configuration: configuration)
        let bootstrap = ServiceProcess.productsDirectory.appendingPathComponent(executable).path
        let emulator = [
            path, "--log-level", "error", "--runtime-interface-emulator-address", "127.0.0.1:\(port)",
            "--runtime-api-address", "127.0.0.1:\(try freePort())",
        ]
        let process = Process()
        process.environment = [
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "\(timeoutSeconds)", "AWS_LAMBDA_FUNCTION_NAME": executable,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        ].merging(settings) { _, given in given }
            .merging(ProcessInfo.processInfo.environment.filter { $0.key == "LLVM_PROFILE_FILE" }) { own, _ in own }
        if let concurrency {
            LambdaEmulator.prepareManagedInstance(process, emulator, bootstrap, concurrency)
        } else {
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = emulator.dropFirst() + [bootstrap, "app.handler"]
        }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        self.process = Lock(process)
        Foundation.Thread.detachNewThread { [output, handle = pipe.fileHandleForReading] in
            while case let data = handle.availableData, !data.isEmpty { output.withLock { $0 += data } }
            try? handle.close()
        }
    }

    /// What the emulator and the function have printed.
    package var text: String { output.withLock { String(decoding: $0, as: UTF8.self) } }

    /// The function's answer to an event.
    package func invoke(_ event: String) throws -> JSONValue {
        let body = try reply(to: event).body
        do { return try JSONParser.parse(body) } catch {
            throw ServiceProcess.Failure(
                description: "\(error) The emulator answered: \(String(decoding: body, as: UTF8.self))\n\(text)")
        }
    }

    /// The function's answer to an event, which is sent again while the emulator's concurrent mode says that none of the
    /// function's slots waits for one, as it does while the function starts.
    package func invokeWhenFree(_ event: String) throws -> JSONValue {
        let deadline = Deadline.after(milliseconds: 20_000)
        while true {
            let answer = try invoke(event)
            guard answer["errorType"]?.string == "Runtime.Unavailable" else { return answer }
            guard !deadline.hasPassed else {
                throw ServiceProcess.Failure(description: "No slot became free.\n\(text)")
            }
            Foundation.Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// The emulator's reply to an event, as it is.
    package func reply(to event: String) throws -> Response {
        let request = Request(
            .post, "/2015-03-31/functions/function/invocations", headers: ["Content-Type": "application/json"],
            body: Array(event.utf8))
        var response: Response?
        _ = try? waitUntil(seconds: 20) {
            response = try transport.send(request, to: origin, by: .after(milliseconds: 30_000))
            return true
        }
        guard let response else { throw ServiceProcess.Failure(description: "The emulator does not answer.\n\(text)") }
        return response
    }

    /// Asks the emulator to end, as Lambda ends an environment.
    package func terminate() {
        process.withLock { $0.terminate() }
        _ = try? waitUntil(seconds: 20) { !isRunning }
    }

    private var isRunning: Bool { process.withLock { $0.isRunning } }

    package func end() {
        if isRunning { terminate() }
    }

    /// In this mode the emulator takes no command: it runs /var/task/bootstrap, as a user without rights. A mount of our own, which
    /// nobody else sees and which goes with the process, puts it there.
    private static func prepareManagedInstance(
        _ process: Process, _ emulator: [String], _ bootstrap: String, _ concurrency: Int
    ) {
        let script = """
            mount -t tmpfs tmpfs /var && mkdir -p /var/task && cp "$0" /var/task/bootstrap && chmod -R a+rX /var/task \
            && exec "$@"
            """
        process.environment?["AWS_LAMBDA_MAX_CONCURRENCY"] = "\(concurrency)"
        // sudo hands no variables on. Where it needs a password, or is not there, the test fails with what it says.
        let variables = (process.environment ?? [:]).map { "\($0.key)=\($0.value)" }
        let administrator = geteuid() == 0 ? [] : ["sudo", "--non-interactive"]
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            administrator + ["env"] + variables + ["unshare", "--mount", "sh", "-c", script, bootstrap] + emulator
    }
}
