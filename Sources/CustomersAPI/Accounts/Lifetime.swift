/// How long something lasts, as the settings of Node's JWT libraries write it.
enum Lifetime {
    private static let unitSeconds: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    /// 9 digits, so that no product overflows.
    private static let digitsMax = 9

    /// - Parameter text: digits, which are seconds, or digits and one of `s`, `m`, `h` and `d`: `900`, `15m`.
    /// - Returns: nil for anything else; so for `1.5h`, `15 m` and `1w`, which some of those libraries read.
    static func seconds(_ text: String) -> Int? {
        var digits = text[...]
        var unit = 1
        if let last = text.last, let seconds = unitSeconds[last] {
            unit = seconds
            digits = digits.dropLast()
        }
        guard 1...digitsMax ~= digits.utf8.count, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int(digits).map { $0 * unit }
    }
}
