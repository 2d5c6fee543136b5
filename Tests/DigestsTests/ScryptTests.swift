import Testing

@testable import Digests

struct ScryptTests {
    /// RFC 7914 section 12; the first 32 of its 64 bytes, since a longer key begins with a shorter one.
    @Test(arguments: [
        (
            "", "", 4, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
        ),
        (
            "password", "NaCl", 10, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        ),
        (
            "pleaseletmein", "SodiumChloride", 14, 8, 1,
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        ),
    ])
    func `the vectors of the RFC`(
        password: String, salt: String, costLog2: Int, blockSize: Int, parallelism: Int, key: String
    ) throws {
        let parameters = try #require(
            Scrypt.Parameters(costLog2: costLog2, blockSize: blockSize, parallelism: parallelism))
        let derived = Scrypt.derive(password: Array(password.utf8), salt: Array(salt.utf8), parameters)
        #expect(derived.map(Hex.encode) == key)
    }

    @Test(arguments: [(0, 8, 1), (25, 8, 1), (15, 0, 1), (15, 33, 1), (15, 8, 0), (15, 8, 17), (18, 8, 1)])
    func `costs that would take all memory are none`(costLog2: Int, blockSize: Int, parallelism: Int) {
        #expect(
            Scrypt.Parameters(costLog2: costLog2, blockSize: blockSize, parallelism: parallelism) == nil)
    }

    @Test func `what passwords cost is the 32 MiB of the guide, which libcrypto allows`() {
        let memoryBytes = Scrypt.Parameters.passwords.memoryBytes
        #expect(memoryBytes >= 32 * 1024 * 1024 && memoryBytes < 33 * 1024 * 1024)
        #expect(Scrypt.derive(password: [1], salt: [2], .passwords)?.count == 32)
    }
}
