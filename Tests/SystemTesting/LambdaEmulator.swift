import Foundation
import HTTPClient
import HTTPTypes
package import JSON
import Resilience
import TestSupport

/// AWS's runtime interface emulator with the orchestrator as its function.
package final class LambdaEmulator {
    private let process: Process
    private let origin: Origin
    private let transport = CurlTransport()

    /// - Parameter settings: variables beyond the necessary ones.
    package init(_ system: RunningSystem, settings: [String: String] = [:]) throws {
        guard let path = ProcessInfo.processInfo.environment["LAMBDA_EMULATOR"], !path.isEmpty else {
            throw ServiceProcess.Failure(
                description: "LAMBDA_EMULATOR does not name AWS's emulator; scripts/lambda-emulator fetches it.")
        }
        let port = try DedicatedTestServer.freePort()
        guard let origin = Origin("http://127.0.0.1:\(port)") else {
            throw ServiceProcess.Failure(description: "no origin")
        }
        self.origin = origin
        process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [
            "--log-level", "error", "--runtime-interface-emulator-address", "127.0.0.1:\(port)",
            "--runtime-api-address", "127.0.0.1:\(try DedicatedTestServer.freePort())",
            ServiceProcess.productsDirectory.appendingPathComponent("Orchestrator").path, "app.handler",
        ]
        process.environment = [
            "ORDERS_API_BASE": "http://127.0.0.1:\(system.orders.port)",
            "SERVICE_TOKEN": RunningSystem.serviceToken, "API_TOKEN": RunningSystem.apiToken,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "20", "AWS_LAMBDA_FUNCTION_NAME": "orchestrator",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        ].merging(settings) { _, given in given }
            .merging(ProcessInfo.processInfo.environment.filter { $0.key == "LLVM_PROFILE_FILE" }) { own, _ in own }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// The function's answer to an event.
    package func invoke(_ event: String) throws -> JSONValue {
        let request = Request(
            .post, "/2015-03-31/functions/function/invocations", headers: ["Content-Type": "application/json"],
            body: Array(event.utf8))
        var response: Response?
        try waitUntil(seconds: 20) {
            response = try transport.send(request, to: origin, by: .after(milliseconds: 20_000))
            return true
        }
        return try JSONParser.parse(response?.body ?? [])
    }

    package func end() {
        process.terminate()
        process.waitUntilExit()
    }
}
