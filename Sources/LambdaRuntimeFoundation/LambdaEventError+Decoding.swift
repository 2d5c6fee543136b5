import LambdaRuntime

extension LambdaEventError {
    /// What is wrong with an event, in words for who sent it.
    init(_ error: DecodingError, _ event: [UInt8]) {
        switch error {
        case .keyNotFound(let key, let context):
            self = .missing(LambdaEventError.path(context.codingPath + [key]))
        case .valueNotFound(let type, let context), .typeMismatch(let type, let context):
            let expected = LambdaEventError.kind(of: type)
            self = .unexpectedKind(LambdaEventError.path(context.codingPath), expected: expected)
        case .dataCorrupted(let context):
            self = LambdaEventError.corrupted(context, event)
        @unknown default:
            self = .invalidValue("text", reason: String(describing: error))
        }
    }

    private static func corrupted(_ context: DecodingError.Context, _ event: [UInt8]) -> LambdaEventError {
        guard context.codingPath.isEmpty else {
            return .invalidValue(path(context.codingPath), reason: context.debugDescription)
        }
        // Without a path, Foundation says "not valid JSON", also of a number that does not fit.
        do throws(JSONParseError) {
            _ = try JSONParser.parse(event, depthMax: foundationDepthMax)
        } catch {
            return .notJSON(error)
        }
        return .invalidValue(
            path([]), reason: "A number in it is too large, or has a fraction where an integer is expected.")
    }

    private static let foundationDepthMax = 512

    /// As `LambdaEventError` has it, `items[0].quantity`; the event itself is called its text.
    private static func path(_ keys: [any CodingKey]) -> String {
        let path = keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return path.isEmpty ? "text" : path
    }

    /// JSON's name for what becomes a type of Swift's.
    private static func kind(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "a boolean"
        case is any BinaryInteger.Type: "an integer"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [Any].Type: "an array"
        case is [String: Any].Type: "an object"
        default: "a value of the type \(type)"
        }
    }
}
