import JSON

/// A chat of Telegram: its number, or the name of a public channel.
enum TelegramChat: JSONEncodable, Sendable, Equatable {
    /// 32 characters, as Telegram has it.
    private static let nameLength = 4...32
    /// 2^53 - 1: Telegram's numbers have 52 bits at most.
    static let numberMax: Int64 = 9_007_199_254_740_991

    /// Of a person above 0, of a group below.
    case number(Int64)
    /// With its `@`.
    case name(String)

    /// - Parameter text: `-100123`, or `@channel`.
    init?(_ text: String) {
        if let number = Int64(text), text == String(number) {
            self.init(number: number)
        } else {
            self.init(name: text)
        }
    }

    init?(number: Int64) {
        guard -TelegramChat.numberMax...TelegramChat.numberMax ~= number else { return nil }
        self = .number(number)
    }

    /// - Parameter name: `@` and 4 to 32 letters, digits and underscores, of which the first is a letter.
    init?(name: String) {
        let bytes = name.utf8.dropFirst()
        guard name.utf8.first == UInt8(ascii: "@"), TelegramChat.nameLength ~= bytes.count,
            bytes.first.map(TelegramChat.isLetter) == true,
            bytes.allSatisfy({ TelegramChat.isLetter($0) || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "_") })
        else { return nil }
        self = .name(name)
    }

    var text: String {
        switch self {
        case .number(let number): String(number)
        case .name(let name): name
        }
    }

    /// A number, or a string.
    func encode(to writer: inout JSONWriter) {
        switch self {
        case .number(let number): writer.write(number)
        case .name(let name): writer.write(name)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
}
