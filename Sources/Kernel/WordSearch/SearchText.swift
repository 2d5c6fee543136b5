package import WebApplication

/// What a client searches for: rows that have each of its words.
package struct SearchText: Sendable {
    /// Each is looked up in the index, and an order or a customer is known by fewer.
    static let wordsMax = 8
    /// Words of fewer letters find only themselves: too much begins with them.
    static let beginningLengthMin = 3

    /// As the client wrote it.
    package let text: String
    /// 1 to `wordsMax`: one for each term, its runs joined.
    let words: [Word]

    struct Word: Sendable {
        let text: String
        /// Whether it also finds the words that begin with it.
        let isBeginning: Bool
    }

    /// What is wrong with a text.
    package enum Mistake: Error {
        case noWord, tooManyWords
    }

    package init(_ text: String) throws(Mistake) {
        self.text = text
        words = SearchWords.terms(of: text).map { runs in
            let word = SearchWords.joined(runs[...])
            return Word(text: word, isBeginning: word.unicodeScalars.count >= SearchText.beginningLengthMin)
        }
        guard !words.isEmpty else { throw .noWord }
        guard words.count <= SearchText.wordsMax else { throw .tooManyWords }
    }
}

extension QueryReader {
    /// The parameter `search` of a list.
    package mutating func search() -> SearchText? {
        guard let text = text("search", length: 1...120) else { return nil }
        do throws(SearchText.Mistake) { return try SearchText(text) } catch {
            switch error {
            case .noWord: reject("search", "format", "Must have a letter or a digit.")
            case .tooManyWords: reject("search", "too-many", "Must have at most \(SearchText.wordsMax) words.")
            }
            return nil
        }
    }
}
