private import HTTPMessages
package import MySQL
package import WebApplication

/// An error of a service whose lists can be searched.
package protocol SearchFailure: DatabaseFailure {
    /// More than can be read for one page: the client has to say more.
    static var searchTooBroad: Self { get }
    /// The words of rows from before there was an index are still being written.
    static var searchNotReady: Self { get }
}

extension Problem {
    package static let searchTooBroad = Problem(
        .searchTooBroad,
        detail: "More than \(WordIndex.entriesMax) entries have these words. Write more letters, or add a rarer word.")

    package static let searchNotReady = Problem.notReady("The words of the existing entries are still being indexed.")
}
