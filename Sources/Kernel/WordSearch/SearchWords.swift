/// The words of texts, as an index keeps them and a search looks them up.
///
/// A run is letters and digits (with their combining marks) that stand together. Each run is a word. Where a text is a
/// code (an address, a number), or other characters join runs without a blank, what stands from each run to the end is a
/// word as well, without what is between: `ana.paz@example.com` has `ana`, `paz`, `example`, `com`, `anapazexamplecom`,
/// `pazexamplecom` and `examplecom`. So it is found by any part that begins with a run, dots or no dots.
///
/// Case and accents are left as they are: the collation of the index decides that they do not count.
package struct SearchWords: Sendable, Equatable {
    /// What follows in a word does not count. Names and numbers are shorter; an index entry has to have some bound.
    static let lengthMax = 64

    /// Each once.
    let words: [String]

    /// - Parameters:
    ///   - texts: whose terms are split at blanks.
    ///   - codes: each one term, blanks or not, such as a phone number.
    package init(texts: [String], codes: [String]) {
        var words = UniqueWords()
        for text in texts { for term in SearchWords.terms(of: text) { words.insert(wordsOf: term) } }
        for code in codes { words.insert(wordsOf: SearchWords.runs(of: code.unicodeScalars[...])) }
        self.words = words.words
    }

    /// The runs of each term that has any.
    static func terms(of text: String) -> [[Substring.UnicodeScalarView]] {
        text.unicodeScalars.split { $0.properties.isWhitespace }.map { runs(of: $0) }.filter { !$0.isEmpty }
    }

    /// The term that the runs make, cut where it no longer counts.
    static func joined(_ runs: ArraySlice<Substring.UnicodeScalarView>) -> String {
        var word = String.UnicodeScalarView()
        for run in runs { word.append(contentsOf: run.prefix(lengthMax - word.count)) }
        return String(word)
    }

    private static func runs(of term: Substring.UnicodeScalarView) -> [Substring.UnicodeScalarView] {
        term.split { !$0.isOfWord }.map { $0.drop { $0.isMark } }.filter { !$0.isEmpty }
    }
}

private struct UniqueWords {
    private(set) var words: [String] = []
    // By their bytes: Swift's equality of strings takes time in the square of their marks.
    private var seen: Set<[UInt8]> = []

    mutating func insert(wordsOf runs: [Substring.UnicodeScalarView]) {
        for index in runs.indices {
            insert(SearchWords.joined(runs[index...index]))
            insert(SearchWords.joined(runs[index...]))
        }
    }

    private mutating func insert(_ word: String) {
        if seen.insert(Array(word.utf8)).inserted { words.append(word) }
    }
}

extension Unicode.Scalar {
    fileprivate var isOfWord: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            true
        default: isMark
        }
    }

    /// Whether it belongs to the character before it.
    fileprivate var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
