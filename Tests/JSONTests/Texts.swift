import JSON

func parsed(_ text: String) throws(JSONParseError) -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

/// Why a text is refused; nil for one that is read.
func refusal(_ text: String) -> JSONParseError.Reason? { refusal(Array(text.utf8)) }

func refusal(_ bytes: [UInt8]) -> JSONParseError.Reason? {
    do throws(JSONParseError) {
        _ = try JSONParser.parse(bytes)
        return nil
    } catch {
        return error.reason
    }
}

func written(_ value: some JSONEncodable) -> String { String(decoding: JSONWriter.bytes(of: value), as: UTF8.self) }
