import HTTPMessages
import JSON

extension ContractOperation {
    private static let methods: [String: Method] = [
        "get": .get, "post": .post, "put": .put, "patch": .patch, "delete": .delete,
    ]

    init(_ node: OpenAPINode, method: String, path: String, security root: [OpenAPINode]) throws(OpenAPIError) {
        try node.allow([
            "operationId", "tags", "summary", "description", "security", "parameters", "requestBody", "responses",
        ])
        guard let method = ContractOperation.methods[method] else { throw .unsupported(method, at: path) }
        id = try node.string("operationId")
        self.method = method
        self.path = path
        security = (node.value["security"] == nil ? root : try node.nodes("security")).map {
            Set($0.members.map(\.name))
        }
        parameters = try node.nodes("parameters").map { node throws(OpenAPIError) in try ContractParameter(node) }
        requestBody =
            if node.value["requestBody"] == nil { nil } else { try ContractBody(try node.node("requestBody")) }
        responses = try node.namedNodes("responses").map { status, node throws(OpenAPIError) in
            try ContractResponse(node, status: status)
        }
    }
}

extension ContractParameter {
    init(_ node: OpenAPINode) throws(OpenAPIError) {
        try node.allow(["name", "in", "required", "description", "schema", "example"])
        guard let location = Location(rawValue: try node.string("in")) else {
            throw .unsupported("a parameter in another place", at: node.location)
        }
        name = try node.string("name")
        self.location = location
        isRequired = node.value["required"]?.bool ?? false
        schema = try node.schema()
        example = node.value["example"]
    }
}

extension ContractBody {
    /// - Parameter node: what has `content`, of one media type.
    init(_ node: OpenAPINode) throws(OpenAPIError) {
        let content = try node.namedNodes("content")
        guard let (type, media) = content.first, content.count == 1 else {
            throw .unsupported("content of none or of several media types", at: node.location)
        }
        try media.allow(["schema", "examples"])
        mediaType = type
        schema = try media.schema()
        examples = try media.namedNodes("examples").map { name, example throws(OpenAPIError) in
            try example.allow(["summary", "value"])
            guard let value = example.value["value"] else { throw .missing("value", at: example.location) }
            return (name, value)
        }
    }
}

extension ContractResponse {
    init(_ node: OpenAPINode, status: String) throws(OpenAPIError) {
        try node.allow(["description", "headers", "content", "links"])
        self.status = Int(status)
        guard self.status != nil || status == "default" else { throw .unsupported(status, at: node.location) }
        headers = try node.namedNodes("headers").map { name, node throws(OpenAPIError) in
            try ContractHeader(node, name: name)
        }
        body = if node.value["content"] == nil { nil } else { try ContractBody(node) }
        links = try node.namedNodes("links").map { _, link throws(OpenAPIError) in try link.string("operationId") }
    }
}

extension ContractHeader {
    init(_ node: OpenAPINode, name: String) throws(OpenAPIError) {
        try node.allow(["description", "required", "schema", "example"])
        self.name = name
        isRequired = node.value["required"]?.bool ?? false
        schema = try node.schema()
        example = node.value["example"]
    }
}
