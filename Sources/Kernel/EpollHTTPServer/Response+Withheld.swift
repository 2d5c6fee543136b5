package import HTTPMessages

extension Response {
    /// What `Connection` says in a response that is not to be written.
    static let withheldConnection = "withheld"

    /// This response, of which the client gets nothing: the connection is closed in its place. For a program that plays a network
    /// which loses replies.
    package var withheld: Response {
        var response = self
        response.headers["Connection"] = Response.withheldConnection
        return response
    }
}
