/// Finds the name that somebody meant who wrote another.
enum NearName {
    /// Shorter names are at most one slip away; of two random words of four letters many are two apart, as are `SMTP_URL` and `AMQP_URL`.
    private static let lengthOfTwoSlips = 9
    /// `DB_USER` for `DB_USERNAME`, but not `HOST` for `HOSTNAME`, which other programs read, nor `WORKER` for `WORKERS_MAX`.
    private static let lengthOfBeginning = 7

    /// The name of `known` that `name` is a slip of the pen away from, in whatever case; nil if there is none.
    static func of(_ name: String, among known: [String]) -> String? {
        let letters = Array(name.uppercased().utf8)
        var best: (name: String, slips: Int)?
        for candidate in known {
            let other = Array(candidate.uppercased().utf8)
            let shorter = min(letters.count, other.count)
            let slips = slips(from: letters, to: other)
            let isNear = slips <= (shorter >= lengthOfTwoSlips ? 2 : 1)
            let begins = shorter >= lengthOfBeginning && letters[..<shorter] == other[..<shorter]
            if isNear || begins, slips < best?.slips ?? .max { best = (candidate, slips) }
        }
        return best?.name
    }

    /// How many letters have to be added, dropped, replaced or swapped with their neighbour (optimal string alignment).
    private static func slips(from first: [UInt8], to second: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            for column in second.indices {
                let isSame = first[row] == second[column]
                var count = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    count = min(count, beforeLast[column - 1] + 1)
                }
                current.append(count)
            }
            beforeLast = last
            last = current
        }
        return last[second.count]
    }
}
