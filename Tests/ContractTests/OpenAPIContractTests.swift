import ContractReading
import HTTPMessages
import JSON
import JSONSchemas
import Testing

@Suite struct OpenAPIContractTests {
    @Test(arguments: [
        (
            "customers",
            [
                "createCustomer", "listCustomers", "getCustomer", "updateCustomer", "deactivateCustomer",
                "eraseCustomer", "getCustomerInternal", "listErasedCustomers", "register", "showConfirmation",
                "confirmRegistration", "login", "refresh",
                "logout",
            ]
        ),
        (
            "orders",
            [
                "createProduct", "listProducts", "getProduct", "updateProduct", "deactivateProduct", "adjustStock",
                "listStockAdjustments", "createOrder", "confirmOrder", "cancelOrder", "listOrders", "getOrder",
                "listEvents", "getOrderHistory", "createOrderInternal", "cancelAbandonedOrders", "listSagas", "getSaga",
                "redriveSaga", "discardSaga", "placeOrder", "listOwnOrders", "getOwnOrder", "getOwnOrderStatus",
                "getOwnOrderHistory", "cancelOwnOrder", "getAPIHealth", "getAPIHealthLive", "getAPIHealthReady",
                "getAPIHealthDetailed", "getConsole", "getConsoleStyle", "getConsoleScript",
            ]
        ), ("orchestrator", ["createAndConfirmOrder", "invokeFunction"]),
        (
            "notifier",
            [
                "createEndpoint", "listEndpoints", "getEndpoint", "updateEndpoint", "deactivateEndpoint",
                "rotateSecret", "testEndpoint", "enableEndpoint", "replayEvents", "listDeliveries", "getDelivery",
                "redeliver", "redriveDeliveries", "discardDeliveries", "getConsole", "getConsoleStyle",
                "getConsoleScript",
            ]
        ),
    ])
    func `a contract has the operations of its service, each once`(name: String, own: [String]) throws {
        let everywhere = [
            "getService", "getHealth", "getHealthLive", "getHealthReady", "getHealthDetailed", "getMetrics",
            "getReference", "getReferenceStyle", "getReferenceScript", "getContract", "getFormerReference",
        ]
        let contract = try OpenAPIContract(name)
        #expect(contract.operations.map(\.id) == own + everywhere)
        #expect(Set(contract.operations.map { "\($0.method) \($0.path)" }).count == contract.operations.count)
    }

    @Test(arguments: OpenAPIContract.names)
    func `every example is as its schema says`(name: String) throws {
        for operation in try OpenAPIContract(name).operations {
            for parameter in operation.parameters {
                let violations = parameter.example.map(parameter.schema.violations) ?? []
                #expect(violations == [], "\(operation.id) \(parameter.name)")
            }
            let bodies = [operation.requestBody].compactMap(\.self) + operation.responses.compactMap(\.body)
            for body in bodies {
                #expect(!body.examples.isEmpty, "\(operation.id)")
                for example in body.examples {
                    #expect(body.schema.violations(of: example.value) == [], "\(operation.id) \(example.name)")
                }
            }
            for header in operation.responses.flatMap(\.headers) {
                let example = try #require(header.example, "\(operation.id) \(header.name)")
                #expect(header.schema.violations(of: example) == [], "\(operation.id) \(header.name)")
            }
        }
    }

    @Test(arguments: OpenAPIContract.names)
    func `every error code has an example, and every example a documented code`(name: String) throws {
        let contract = try OpenAPIContract(name)
        let codes = contract.operations.flatMap(\.responses).flatMap(\.codes)
        #expect(Set(codes) == contract.errorCodes)
        // Whoever reads of one finds when it comes in the table that is made of the code's own.
        let text = try #require(contract.document["info"]?["description"]?.string)
        #expect(text.contains("`docs/problems.md`") && !text.contains("| status |"))
    }

    @Test(arguments: OpenAPIContract.names)
    func `an example stands under its own status, with its own type`(name: String) throws {
        for operation in try OpenAPIContract(name).operations {
            for response in operation.responses {
                for example in response.body?.examples ?? [] {
                    guard let code = example.value["code"]?.string else { continue }
                    #expect(example.value["type"]?.string == "/problems/\(code)", "\(operation.id) \(code)")
                    guard let status = response.status else { continue }
                    #expect(example.value["status"] == .integer(Int64(status)), "\(operation.id) \(code)")
                }
            }
        }
    }

    @Test(arguments: OpenAPIContract.names)
    func `every response carries the correlation id and the trace, and errors are problems`(name: String) throws {
        for operation in try OpenAPIContract(name).operations {
            #expect(operation.responses.contains { $0.status == nil }, "\(operation.id)")
            for response in operation.responses {
                let required = Set(response.headers.filter(\.isRequired).map(\.name))
                #expect(required.isSuperset(of: ["X-Correlation-Id", "traceparent"]), "\(operation.id)")
                guard let body = response.body else {
                    #expect(response.status == 304, "\(operation.id)")
                    continue
                }
                let isSuccess = response.status.map { $0 < 300 } ?? false
                #expect((body.mediaType == "application/problem+json") != isSuccess, "\(operation.id)")
            }
        }
    }

    @Test(arguments: OpenAPIContract.names)
    func `parameters in a path and in a list are the same`(name: String) throws {
        for operation in try OpenAPIContract(name).operations {
            let inPath = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }
            let inList = operation.parameters.filter { $0.location == .path }
            #expect(inPath == inList.map { "{\($0.name)}" }, "\(operation.id)")
            #expect(inList.map(\.isRequired) == inList.map { _ in true })
        }
    }

    @Test(arguments: OpenAPIContract.names)
    func `a link leads to an operation of the same contract`(name: String) throws {
        let contract = try OpenAPIContract(name)
        let links = contract.operations.flatMap(\.responses).flatMap(\.links)
        #expect(links.filter { contract.operation($0) == nil } == [])
    }

    /// Of one name and yet each contract's own: what they show or list is the service's, and the orchestrator's problems
    /// carry two members more.
    private static let ownComponents: Set = [
        "headers/Link", "headers/Location", "parameters/Search", "responses/InvalidOrder", "responses/InvalidQuery",
        "responses/OrderConflict", "responses/Unavailable", "schemas/InsufficientStockProblem", "schemas/Problem",
        "schemas/Service", "schemas/UnexpectedProblem", "schemas/ValidationProblem", "schemas/Violation",
    ]

    @Test func `what the services share reads the same in each contract`() throws {
        var first: [String: JSONValue] = [:]
        var shared: Set<String> = []
        var differing: Set<String> = []
        for name in OpenAPIContract.names {
            let components = try OpenAPIContract(name).document["components"]?.object
            for (kind, members) in components?.members ?? [] where kind != "examples" {
                for (member, value) in members.object?.members ?? [] {
                    let key = "\(kind)/\(member)"
                    guard let other = first[key] else {
                        first[key] = value
                        continue
                    }
                    shared.insert(key)
                    if other.canonical != value.canonical { differing.insert(key) }
                }
            }
        }
        #expect(differing == OpenAPIContractTests.ownComponents)
        #expect(shared.count >= 60)
    }

    @Test func `one error code has one status, title and answer to a repetition in all contracts`() throws {
        var seen: [String: [JSONValue?]] = [:]
        for name in OpenAPIContract.names {
            for response in try OpenAPIContract(name).operations.flatMap(\.responses) {
                for code in response.codes {
                    let facts = ["status", "title", "retryable"].map { response.example(code: code)?[$0] }
                    #expect(seen[code, default: facts] == facts, "\(name) \(code)")
                    seen[code] = facts
                }
            }
        }
        #expect(seen.count == 69)
    }

    @Test func `an administrator needs the API token or none, a service its own token`() throws {
        let customers = try OpenAPIContract("customers")
        #expect(customers.operation("listCustomers")?.security == [["apiToken"], []])
        #expect(customers.operation("getCustomerInternal")?.security == [["serviceToken"]])
        #expect(customers.operation("getHealthDetailed")?.security == [["serviceToken"], ["apiToken"]])
        #expect(customers.operation("getHealth")?.security == [])
    }

    @Test(arguments: OpenAPIContract.names)
    func `an importer finds the token at the root, named alternatives, and no value that it would send unasked`(
        name: String
    ) throws {
        let contract = try OpenAPIContract(name)
        #expect(
            contract.document["security"]
                == .array([.object(JSONObject([("apiToken", .array([]))])), .object(JSONObject())]))
        #expect(inlineAlternatives(contract.document) == [])
        for (name, parameter) in contract.document["components"]?["parameters"]?.object?.members ?? []
        where name == "Cursor" || name == "IdempotencyKey" {
            #expect(parameter["example"] == nil && parameter["schema"]?["default"] == nil, "\(name)")
        }
        // A page that tries operations out fills in what is shown of a parameter, and would send it for everybody.
        for operation in contract.operations {
            let shown = operation.parameters.filter { $0.location == .header && $0.example != nil }
            #expect(shown.map(\.name) == [], "\(operation.id)")
        }
        for operation in contract.operations where operation.security == [["apiToken"], []] {
            #expect(
                operation.response(status: 403)?.codes == ["host-not-allowed", "cross-site-request"], "\(operation.id)")
        }
    }

    /// Where a `oneOf` stands that is not a schema of its own.
    private func inlineAlternatives(_ value: JSONValue, at place: [String] = []) -> [String] {
        switch value {
        case .object(let object):
            object.members.flatMap { member -> [String] in
                let isNamed = place.count == 3 && place.starts(with: ["components", "schemas"])
                let found = member.name == "oneOf" && !isNamed ? [place.joined(separator: "/")] : []
                return found + inlineAlternatives(member.value, at: place + [member.name])
            }
        case .array(let values): values.flatMap { inlineAlternatives($0, at: place + [""]) }
        case .null, .bool, .integer, .decimal, .string: []
        }
    }

    @Test func `the example requests are what a client would paste`() throws {
        let orders = try OpenAPIContract("orders")
        let confirm = try #require(orders.operation("confirmOrder")?.exampleRequests.first).request
        #expect(confirm.method == .post)
        #expect(confirm.target == "/admin/orders/3/confirm")
        #expect(confirm.headers["X-Idempotency-Key"] == ContractOperation.exampleKey)
        let creations = try #require(orders.operation("createOrder")?.exampleRequests)
        #expect(creations.map(\.name) == ["createOrder one-line", "createOrder two-lines"])
        #expect(creations[0].request.body == Array(#"{"customer_id":1,"items":[{"product_id":1,"qty":2}]}"#.utf8))
        let list = try #require(orders.operation("listOrders")?.exampleRequests.first).request
        #expect(
            list.target.hasPrefix(
                "/admin/orders/find-all?status=CREATED&customer_id=1&from=2026-01-01T00%3A00%3A00.000000Z"))
    }

    @Test(arguments: [
        (
            "paths:\n  /:\n    get:\n      operationId: a\n      deprecated: true",
            OpenAPIError.unsupported("deprecated", at: "get /")
        ),
        ("paths:\n  /:\n    get:\n      $ref: '#/components/none'", .unresolvedReference("#/components/none")),
        ("paths:\n  /:\n    get:\n      $ref: other.yaml", .unresolvedReference("other.yaml")),
        ("paths:\n  /:\n    trace:\n      operationId: a", .unsupported("trace", at: "/")),
        ("paths:\n  /: 1", .unsupported("something that is not a mapping", at: "/")),
        ("servers: []", .missing("paths", at: "test")),
    ])
    func `a document that the tests could not hold a service to is refused`(paths: String, error: OpenAPIError) {
        #expect(throws: error) {
            try OpenAPIContract(name: "test", text: "openapi: 3.0.3\ninfo:\n  version: 1.0.0\n\(paths)\n")
        }
    }

    @Test func `a reference in a circle is refused`() {
        let text = "openapi: 3.0.3\ninfo:\n  version: 1.0.0\npaths:\n  /:\n    $ref: '#/components/a'\ncomponents:\n"
        #expect(throws: OpenAPIError.unresolvedReference("#/components/a")) {
            try OpenAPIContract(name: "test", text: text + "  a:\n    $ref: '#/components/a'\n")
        }
    }
}
