internal import HTTPTypes

/// A request's head as the parser library read it, with where in the bytes each part stood.
///
/// The library accepts more than RFC 9112 lets a server accept; where its reading and the bytes differ, the positions
/// show it. They count from the first byte of the method.
struct RequestHead {
    struct Field {
        let name: String
        /// Without the blanks around it.
        let value: String
        let nameRange: Range<Int>
        /// With the blanks that followed the value.
        let valueRange: Range<Int>
    }

    let method: String
    /// As it stood in the request line; nil where it is not UTF-8.
    let target: String?
    let targetByteCount: Int
    let version: String
    let versionOffset: Int
    let fields: [Field]
    /// All of the head, with the empty line that ends it.
    let byteCount: Int
}
