/// Who makes a call, as the service knows them. Names are chosen by the operator and are no secret.
package struct Caller: Sendable, Hashable {
    package let name: String

    /// Whoever has no name of their own: the holder of the one API token, of the service token, or of none.
    package static let `default` = Caller(name: "default")

    package init(name: String) { self.name = name }
}
