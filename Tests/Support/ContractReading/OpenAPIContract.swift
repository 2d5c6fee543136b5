package import JSON
package import JSONSchemas
private import RepositoryFiles

/// The contract of one service: what `openapi/<name>.yaml` promises.
package struct OpenAPIContract: Sendable {
    /// The names of the files in `openapi/` by which the services of this product promise alike.
    package static let names = ["customers", "orders", "orchestrator", "notifier"]
    /// The one that speaks another company's API: its errors are Stripe's, and its bodies forms.
    package static let paymentSimulatorName = "payment-simulator"

    package let name: String
    package let version: String
    /// Where the document says that the service listens.
    package let servers: [String]
    package let operations: [ContractOperation]
    /// Every `code` that a problem of this service may have, whatever its schema.
    package let errorCodes: Set<String>
    /// The document as it stands, references not resolved.
    package let document: JSONValue

    /// Reads `openapi/<name>.yaml` of this checkout.
    ///
    /// - Throws: `OpenAPIError` for a document that uses what this reader does not know, and the error of the file system.
    package init(_ name: String) throws {
        try self.init(name: name, text: try RepositoryFile("openapi/\(name).yaml").text())
    }

    package init(name: String, text: String) throws(OpenAPIError) {
        do throws(YAMLError) { document = try YAMLReader.read(text) } catch { throw .yaml(error) }
        let references = OpenAPIReferences(document)
        let root = try OpenAPINode(document, at: name)
        guard try root.string("openapi") == "3.0.3" else { throw .unsupported("another version than 3.0.3", at: name) }
        self.name = name
        version = try root.node("info").string("version")
        servers = try root.nodes("servers").map { server throws(OpenAPIError) in try server.string("url") }
        let paths = try OpenAPINode(try references.resolved(try root.node("paths").value), at: "\(name) paths")
        operations = try OpenAPIContract.operations(paths, security: try root.nodes("security"))
        let schemas = try root.node("components").node("schemas")
        errorCodes = Set(
            schemas.members.filter { $0.name.hasSuffix("Problem") }
                .flatMap { $0.value["properties"]?["code"]?["enum"]?.array ?? [] }.compactMap(\.string))
    }

    package func operation(_ id: String) -> ContractOperation? { operations.first { $0.id == id } }

    private static func operations(
        _ paths: OpenAPINode, security: [OpenAPINode]
    ) throws(OpenAPIError) -> [ContractOperation] {
        var operations: [ContractOperation] = []
        for path in paths.members {
            let methods = try OpenAPINode(path.value, at: path.name)
            for method in methods.members {
                operations.append(
                    try ContractOperation(
                        try OpenAPINode(method.value, at: "\(method.name) \(path.name)"), method: method.name,
                        path: path.name, security: security))
            }
        }
        return operations
    }
}

/// Why a document is not a contract that the tests can read.
package enum OpenAPIError: Error, Equatable, Sendable, CustomStringConvertible {
    case yaml(YAMLError)
    case schema(JSONSchemaError)
    case missing(String, at: String)
    case unsupported(String, at: String)
    /// To another document, to nothing, or around in a circle.
    case unresolvedReference(String)

    package var description: String {
        switch self {
        case .yaml(let error): error.description
        case .schema(let error): error.description
        case .missing(let member, let location): "\(location): \(member) is missing or of another kind"
        case .unsupported(let what, let location): "\(location): \(what) is not supported"
        case .unresolvedReference(let reference): "\(reference) leads nowhere"
        }
    }
}
