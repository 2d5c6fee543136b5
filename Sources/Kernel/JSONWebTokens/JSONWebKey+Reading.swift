private import Digests
internal import JSON

extension JSONWebKey {
    /// 2,048 bits at least: RFC 7518 section 3.3. 8,192 at most: a longer one takes a thread many times as long.
    private static let modulusBitCounts = 2048...8192
    /// 4 bytes at most: all keys in use have 65,537, and the time of a verification grows with it.
    private static let exponentByteCountMax = 4
    /// What only the holder of a private key, or of a secret, has (RFC 7518 sections 6.2.2, 6.3.2, 6.4.1).
    private static let privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    /// A public key as a set has it (RFC 7517).
    ///
    /// - Throws: why this key verifies no token.
    init(_ value: JSONValue) throws(JSONWebKeyRefusal) {
        guard case .object(let object) = value else { throw .notAnObject }
        guard !JSONWebKey.privateMembers.contains(where: { object[$0] != nil }) else { throw .privateMembers }
        let id = try JSONWebKey.text("kid", object)
        guard let type = try JSONWebKey.text("kty", object) else { throw .malformed(member: "kty") }
        let use = try JSONWebKey.text("use", object)
        guard use == nil || use == "sig" else { throw .otherUse }
        guard JSONWebKey.mayVerify(object) else { throw .otherUse }
        let material: Material
        switch type {
        case "RSA": material = .rsa(try JSONWebKey.rsa(object))
        case "EC": material = .p256(try JSONWebKey.p256(object))
        case "OKP": material = .ed25519(try JSONWebKey.ed25519(object))
        default: throw .otherType
        }
        self.init(id: id, material)
        let algorithmName = try JSONWebKey.text("alg", object)
        if let algorithmName, Algorithm(name: algorithmName) != algorithm { throw .otherAlgorithm }
    }

    /// Whether its operations, where they are told, are those of a key that verifies.
    private static func mayVerify(_ object: JSONObject) -> Bool {
        guard let operations = object["key_ops"] else { return true }
        return operations.array?.contains { $0.string == "verify" } ?? false
    }

    private static func rsa(_ object: JSONObject) throws(JSONWebKeyRefusal) -> PublicKey {
        let modulus = Array(try bytes("n", object).drop { $0 == 0 })
        let bitCount = modulus.first.map { modulus.count * 8 - $0.leadingZeroBitCount } ?? 0
        guard modulusBitCounts.contains(bitCount) else { throw .modulusLength }
        let exponent = Array(try bytes("e", object).drop { $0 == 0 })
        guard let last = exponent.last, exponent.count <= exponentByteCountMax, last % 2 == 1, exponent != [1] else {
            throw .malformed(member: "e")
        }
        guard let key = PublicKey.rsa(modulus: modulus, exponent: exponent) else { throw .invalid }
        return key
    }

    private static func p256(_ object: JSONObject) throws(JSONWebKeyRefusal) -> PublicKey {
        guard try text("crv", object) == "P-256" else { throw .otherCurve }
        let (x, y) = (try bytes("x", object), try bytes("y", object))
        guard x.count == PublicKey.p256CoordinateByteCount, y.count == PublicKey.p256CoordinateByteCount,
            let key = PublicKey.p256(x: x, y: y)
        else { throw .invalid }
        return key
    }

    private static func ed25519(_ object: JSONObject) throws(JSONWebKeyRefusal) -> PublicKey {
        guard try text("crv", object) == "Ed25519" else { throw .otherCurve }
        guard let key = PublicKey.ed25519(try bytes("x", object)) else { throw .invalid }
        return key
    }

    /// Nil where it is absent.
    private static func text(_ name: String, _ object: JSONObject) throws(JSONWebKeyRefusal) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw .malformed(member: name) }
        return text
    }

    private static func bytes(_ name: String, _ object: JSONObject) throws(JSONWebKeyRefusal) -> [UInt8] {
        guard let bytes = object[name]?.string.flatMap({ Base64URL.decode($0) }) else {
            throw .malformed(member: name)
        }
        return bytes
    }
}

/// Why a key of a set verifies no token. The end of a sentence that begins with the key.
package enum JSONWebKeyRefusal: Error, Equatable, CustomStringConvertible {
    case notAnObject
    /// The name is one of RFC 7517's or RFC 7518's.
    case malformed(member: String)
    /// Whoever reads the set could sign by it.
    case privateMembers
    case otherType
    case otherUse
    case otherAlgorithm
    case otherCurve
    case modulusLength
    /// It is a point outside the curve, or has too few bytes or too many.
    case invalid
    /// An earlier one has its id and its algorithm.
    case duplicateID

    package var description: String {
        switch self {
        case .notAnObject: "is not an object"
        case .malformed(let member): "has no valid \(member)"
        case .privateMembers: "has private members, which nobody may publish"
        case .otherType: "is of a type other than RSA, EC and OKP"
        case .otherUse: "is not for verifying"
        case .otherAlgorithm: "is for an algorithm other than RS256, ES256 and EdDSA"
        case .otherCurve: "is of a curve other than P-256 and Ed25519"
        case .modulusLength: "has a modulus of fewer than 2048 bits, or of more than 8192"
        case .invalid: "is no valid key"
        case .duplicateID: "has the kid of another"
        }
    }
}
