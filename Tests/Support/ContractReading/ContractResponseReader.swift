import HTTPMessages
import JSON
import JSONSchemas

/// A response read as the contract documents it.
struct ContractResponseReader {
    /// Of a problem; nil for other responses.
    let code: String?
    let violations: [String]

    init(_ documented: ContractResponse, _ response: Response) {
        var found = ContractResponseReader.violations(of: response.headers, against: documented.headers)
        let mediaType = response.headers["Content-Type"]?.prefix { $0 != ";" }
        guard let expected = documented.body else {
            if mediaType != nil || !response.body.isEmpty { found.append("there is a body") }
            code = nil
            violations = found
            return
        }
        if mediaType.map(String.init) != expected.mediaType {
            found.append("the media type is \(mediaType ?? "absent"), not \(expected.mediaType)")
        }
        let body = ContractResponseReader.value(of: response.body, as: expected)
        if let body {
            found += expected.schema.violations(of: body).map { "body\($0)" }
        } else {
            found.append("the body is not \(expected.isJSON ? "JSON" : "UTF-8")")
        }
        let isProblem = expected.mediaType == "application/problem+json"
        code = isProblem ? body?["code"]?.string : nil
        if let body, let code {
            found += ContractResponseReader.violations(of: body, code: code, response.status, documented)
        }
        violations = found
    }

    private static func value(of bytes: [UInt8], as body: ContractBody) -> JSONValue? {
        body.isJSON ? try? JSONParser.parse(bytes) : String(validating: bytes, as: UTF8.self).map(JSONValue.string)
    }

    private static func violations(of headers: HeaderFields, against documented: [ContractHeader]) -> [String] {
        documented.flatMap { header -> [String] in
            let values = headers.values(of: header.name)
            guard let text = values.first else { return header.isRequired ? ["\(header.name) is missing"] : [] }
            guard values.count == 1 else { return ["\(header.name) occurs \(values.count) times"] }
            let value = header.schema.isOfIntegers ? Int64(text).map(JSONValue.integer) : nil
            return header.schema.violations(of: value ?? .string(text)).map { "\(header.name)\($0)" }
        }
    }

    /// What a problem says of itself must agree with its status, and with what the contract says of its code.
    private static func violations(
        of problem: JSONValue, code: String, _ status: Status, _ documented: ContractResponse
    ) -> [String] {
        guard let example = documented.example(code: code) else {
            return ["\(code) is not documented for this response"]
        }
        var found: [String] = []
        if problem["status"] != .integer(Int64(status.code)) { found.append("body/status is not \(status.code)") }
        if problem["type"]?.string != "/problems/\(code)" { found.append("body/type is not /problems/\(code)") }
        for name in ["status", "retryable"] where problem[name] != example[name] {
            found.append("body/\(name) is not as documented for \(code)")
        }
        return found
    }
}
