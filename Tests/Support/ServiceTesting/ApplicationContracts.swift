import ContractReading
import HTTPMessages
import WebApplication

/// Holds what services answer without a socket against their contracts as well.
enum ApplicationContracts {
    private static let recorders: [ContractRecorder] = {
        do {
            return try OpenAPIContract.names.map { ContractRecorder(try OpenAPIContract($0), log: .shared) }
        } catch {
            preconditionFailure("A contract cannot be read: \(error)")
        }
    }()

    /// Notes what the exchange shows of the contract that has the application's operations; there is none for an
    /// application that a test made up.
    static func note(_ request: Request, _ response: Response, of application: Application) {
        let operations = Set(application.router.routes.map(\.operationID))
        guard let recorder = recorders.first(where: { Set($0.contract.operations.map(\.id)) == operations }) else {
            return
        }
        // Services are also tested with rows and upstream replies that no service makes; such an answer shows nothing.
        _ = try? recorder.check(request: request, response: response)
    }
}
