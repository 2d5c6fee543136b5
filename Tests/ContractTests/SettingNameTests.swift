import ContractReading
import RepositoryFiles
import Settings
import Testing

@testable import CustomersAPI
@testable import Notifier
@testable import Orchestrator
@testable import OrdersAPI

/// What the Notifier does not start without.
enum NotifierSettings {
    static let exampleKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
}

/// One `.env` serves all programs.
struct SettingNameTests {
    @Test(arguments: OpenAPIContract.names)
    func `no service takes another's setting for a slip of its own`(_ service: String) throws {
        let names = try RepositoryFile(".env.example").text().matches(of: /(?m)^#([A-Z_]+)=/).map { String($0.1) }
        #expect(names.count > 25)
        let file = DotEnvFile(names.map { "\($0)=" }.joined(separator: "\n"))
        let values = service == "notifier" ? ["SECRETS_KEY": NotifierSettings.exampleKey] : [:]
        var reader = EnvironmentReader(Environment(values: values, file: file))
        switch service {
        case "customers": _ = try CustomersConfig(&reader)
        case "orders": _ = try OrdersConfig(&reader)
        case "notifier": _ = try NotifierConfig(&reader)
        default: _ = try OrchestratorConfig(&reader)
        }
        #expect(reader.warnings() == [])
    }
}
