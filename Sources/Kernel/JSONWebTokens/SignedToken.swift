private import Digests
internal import JSON

/// A JWS in the compact form (RFC 7515 section 7.1), taken apart. Nothing of it is verified yet.
struct SignedToken {
    /// As the header names it; what counts is the key's.
    let algorithm: JSONWebKey.Algorithm
    let keyID: String?
    /// The header and the payload as they stand in the token, with their dot.
    let signedBytes: [UInt8]
    let signature: [UInt8]
    private let payloadText: String

    init(_ token: [UInt8]) throws(JSONWebTokenError) {
        guard token.count <= JSONWebTokenVerifier.byteCountMax else { throw .tooLong }
        // Two more than there may be: the rest of the text is not looked at.
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .notThreeParts }
        let header = try SignedToken.object(String(decoding: parts[0], as: UTF8.self))
        guard !SignedToken.refusedMembers.contains(where: { header[$0] != nil }) else { throw .headerMemberNotAllowed }
        guard SignedToken.isAccessToken(header["typ"]) else { throw .typeNotAllowed }
        guard let algorithm = header["alg"]?.string.flatMap(JSONWebKey.Algorithm.init(name:)) else {
            throw .algorithmNotAllowed
        }
        guard let signature = Base64URL.decode(String(decoding: parts[2], as: UTF8.self)) else { throw .notBase64URL }
        if let keyID = header["kid"] {
            guard let keyID = keyID.string else { throw .unknownKey }
            self.keyID = keyID
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        self.signature = signature
        signedBytes = Array(token[..<parts[1].endIndex])
        payloadText = String(decoding: parts[1], as: UTF8.self)
    }

    /// What the token says. Read only once its signature is known to be valid.
    func claims() throws(JSONWebTokenError) -> JSONObject { try SignedToken.object(payloadText) }

    /// Members that would have the token choose its own key (RFC 8725 section 3.10), or that this reader would have to understand.
    private static let refusedMembers = ["jwk", "jku", "x5u", "x5c", "crit", "b64"]

    /// An absent type is what most issuers send; another one is a token for another purpose (RFC 8725 section 3.11), such as one that ends a session.
    private static func isAccessToken(_ type: JSONValue?) -> Bool {
        guard let type else { return true }
        guard let name = type.string, name.utf8.count <= typeByteCountMax else { return false }
        return ["jwt", "at+jwt", "application/at+jwt", "application/jwt"].contains(name.lowercased())
    }

    /// 32: more than the longest of those that are accepted has.
    private static let typeByteCountMax = 32

    /// - Parameter text: what is not UTF-8 in a token has become a character that Base64 does not have.
    private static func object(_ text: String) throws(JSONWebTokenError) -> JSONObject {
        guard let bytes = Base64URL.decode(text) else { throw .notBase64URL }
        guard let json = try? JSONParser.parse(bytes), case .object(let object) = json else { throw .notJSON }
        return object
    }
}
