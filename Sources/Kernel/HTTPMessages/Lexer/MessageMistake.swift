/// Why bytes are no HTTP/1.1 message that this product reads; each as the end of a sentence.
package enum MessageMistake: String, Error {
    case lineEnd = "a line is not ended by CRLF"
    case nul = "a line holds NUL"
    case lineTooLong = "a line between chunks is too long"
    case headTooLarge = "its fields are too large"
    case fieldName = "a field is folded, or does not begin with a name and a colon"
    case fieldValue = "a field value has a control character"
    case chunkSize = "a chunk does not begin with its size as a hexadecimal number"
    case chunkTooLong = "a chunk is longer than its size"
    case trailersTooLarge = "its trailers are too large"
    case trailerOfHead = "a trailer has a field that belongs to the head"
    case statusLine = "it does not begin like HTTP/1.1"
    case protocolChange = "it changes the protocol"
    case bodyLength = "its length is none"
    case encodingUnknown = "its encoding is unknown"
    case lengthAndEncoding = "it has both a length and an encoding"
    case bodyTooLarge = "its body is too large"
}
