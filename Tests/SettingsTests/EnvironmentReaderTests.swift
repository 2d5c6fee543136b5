import Concurrency
import Settings
import Testing

@Suite struct EnvironmentReaderTests {
    private func mistakes(_ reader: EnvironmentReader) -> [String] {
        do throws(ConfigurationError) {
            try reader.finish()
            return []
        } catch {
            return error.mistakes
        }
    }

    private func reader(_ values: [String: String], files: [String: String] = [:]) -> EnvironmentReader {
        EnvironmentReader(values) { (path) throws(TextFileError) in
            guard let text = files[path] else { throw .unreadable("Permission denied") }
            return text
        }
    }

    @Test func `absent, empty and blank are the same`() {
        for values in [[:], ["A": ""], ["A": "  "]] {
            var reader = reader(values)
            #expect(reader.text("A", default: "x", "") == "x")
            #expect(reader.optionalText("A", "") == nil)
            #expect(reader.integer("A", default: 5, in: 1...9, "") == 5)
            #expect(reader.flag("A", default: true, "") == true)
            #expect(reader.choice("A", default: "one", among: ["one": 1, "two": 2], or: 0, "") == 1)
            #expect(reader.list("A", "") == [])
            #expect(reader.secret("A", "") == nil)
            #expect(reader.secrets("A", "") == [])
            #expect(mistakes(reader) == [])
        }
    }

    @Test func `blanks around a value do not count`() {
        var reader = reader(["A": "  7 ", "B": "\tx y\n"])
        #expect(reader.integer("A", default: 5, in: 1...9, "") == 7)
        #expect(reader.text("B", default: "", "") == "x y")
    }

    @Test(arguments: [
        ("1", 1), ("9", 9), ("0", nil), ("10", nil), ("-1", nil), ("x", nil), ("1.5", nil), ("1e3", nil),
        ("99999999999999999999", nil),
    ])
    func `an integer is a whole number of its range`(text: String, number: Int?) {
        var reader = reader(["A": text])
        let read = reader.integer("A", default: 5, in: 1...9, "")
        #expect(read == number ?? 5)
        #expect(mistakes(reader) == (number == nil ? ["A must be a whole number from 1 to 9, not \"\(text)\"."] : []))
    }

    @Test(arguments: [("TRUE", true), ("true", true), ("False", false), ("1", nil), ("yes", nil)])
    func `a flag is TRUE or FALSE in any case`(text: String, value: Bool?) {
        var reader = reader(["A": text])
        #expect(reader.flag("A", default: false, "") == value ?? false)
        #expect(mistakes(reader) == (value == nil ? ["A must be TRUE or FALSE, not \"\(text)\"."] : []))
    }

    @Test func `a choice is one of its words in any case`() {
        var reader = reader(["A": "TWO", "B": "three"])
        #expect(reader.choice("A", default: "one", among: ["one": 1, "two": 2], or: 0, "") == 2)
        #expect(reader.choice("B", default: "one", among: ["one": 1, "two": 2], or: 0, "") == 0)
        #expect(mistakes(reader) == ["B must be one of one, two, not \"three\"."])
    }

    @Test func `a list has no empty entries and no blanks around them`() {
        var reader = reader(["A": " x , ,y,", "B": ","])
        #expect(reader.list("A", "") == ["x", "y"])
        #expect(reader.list("B", "") == [])
    }

    @Test func `a secret comes from its variable or from its file`() {
        var reader = reader(["A": "s1", "B_FILE": "/run/b"], files: ["/run/b": " s2\n"])
        #expect(reader.secret("A", "") == "s1")
        #expect(reader.secret("B", "") == "s2")
        #expect(mistakes(reader) == [])
    }

    @Test func `a secret in both places is a mistake and is not repeated`() {
        var reader = reader(["A": "s3cret", "A_FILE": "/run/a"], files: ["/run/a": "other"])
        #expect(reader.secret("A", "") == nil)
        #expect(mistakes(reader) == ["A and A_FILE are both set; set one."])
    }

    @Test func `an empty variable beside a file is absent`() {
        var reader = reader(["A": "", "A_FILE": "/run/a"], files: ["/run/a": "x"])
        #expect(reader.secret("A", "") == "x")
        #expect(mistakes(reader) == [])
    }

    @Test(arguments: [nil, "", " \n"]) func `a file that cannot be read or holds nothing is a mistake`(text: String?) {
        var reader = reader(["A_FILE": "/run/a"], files: text.map { ["/run/a": $0] } ?? [:])
        #expect(reader.secret("A", "") == nil)
        #expect(
            mistakes(reader) == [
                text == nil
                    ? "A_FILE names /run/a, which cannot be read: Permission denied."
                    : "A_FILE names /run/a, which is empty."
            ])
    }

    @Test func `secrets are a list of at most two`() {
        var reader = reader(["A": "new, old", "B": "1,2,3", "C_FILE": "/run/c"], files: ["/run/c": "x,\ny\n"])
        #expect(reader.secrets("A", "") == ["new", "old"])
        #expect(reader.secrets("B", "") == ["1", "2"])
        #expect(reader.secrets("C", "") == ["x", "y"])
        #expect(mistakes(reader) == ["B may list at most 2 values."])
    }

    @Test func `secrets that list nothing are a mistake, not none`() {
        var reader = reader(["A": ",", "B_FILE": "/run/b"], files: ["/run/b": " , \n"])
        #expect(reader.secrets("A", "") == [] && reader.secrets("B", "") == [])
        #expect(mistakes(reader) == ["A lists nothing but commas.", "B lists nothing but commas."])
    }

    @Test func `a reader of the same variables reads files anew`() {
        let text = Lock("old")
        let first = EnvironmentReader(["A_FILE": "/run/a"]) { _ in text.withLock { $0 } }
        text.withLock { $0 = "new" }
        var again = first.again
        #expect(again.secret("A", "") == "new" && again.fileOfSecret("A") == "/run/a")
        #expect(again.fileOfSecret("B") == nil)
    }

    @Test func `all mistakes are told at once in the order of reading`() {
        var reader = reader(["A": "x", "B": "y", "C": "z", "D": "1,2,3"])
        _ = reader.integer("A", default: 1, in: 1...2, "")
        _ = reader.flag("B", default: true, "")
        _ = reader.choice("C", default: "one", among: ["one": 1], or: 1, "")
        _ = reader.secrets("D", "")
        reader.reject("E", "does not go with A")
        #expect(mistakes(reader).map { $0.prefix(1) } == ["A", "B", "C", "D", "E"])
        #expect(throws: ConfigurationError.self) { try reader.finish(5) }
    }

    @Test func `a missing value is a mistake even without another`() throws {
        let reader = reader([:])
        #expect(try reader.finish("value") == "value")
        #expect(throws: ConfigurationError.self) { try reader.finish(String?.none) }
    }

    @Test func `every read is noted with its default and its purpose`() {
        var reader = reader([:])
        _ = reader.text("TEXT", default: "t", "A text.")
        _ = reader.optionalText("OPTIONAL", "Maybe.")
        _ = reader.integer("NUMBER", default: 3, in: 1...9, "A number.")
        _ = reader.flag("FLAG", default: true, "A flag.")
        _ = reader.choice("CHOICE", default: "one", among: ["one": 1], or: 1, "A choice.")
        _ = reader.list("LIST", "A list.")
        _ = reader.secret("SECRET", "A secret.")
        _ = reader.secrets("SECRETS", "Secrets.")
        #expect(
            reader.variables.map(\.name) == [
                "TEXT", "OPTIONAL", "NUMBER", "FLAG", "CHOICE", "LIST", "SECRET", "SECRETS",
            ])
        #expect(reader.variables.map(\.defaultText) == ["t", "", "3", "TRUE", "one", "", "", ""])
        #expect(reader.variables.map(\.purpose)[0] == "A text.")
        #expect(reader.variables[6].purpose.contains("`SECRET_FILE`"))
    }

    @Test func `the mistakes in the file are told with those in the values`() {
        var reader = EnvironmentReader(environment(file: "A=x\nsecret\nB=\"open"))
        _ = reader.integer("A", default: 1, in: 1...2, "")
        #expect(
            mistakes(reader) == [
                ".env line 2 is not NAME=value.", ".env line 3 does not close the quote around the value of B.",
                "A must be a whole number from 1 to 2, not \"x\".",
            ])
    }

    @Test(arguments: [
        ("DB_HSOT", "DB_HOST"), ("DB_HOS", "DB_HOST"), ("DB_HOST_", "DB_HOST"), ("DB_JOST", "DB_HOST"),
        ("db_host", "DB_HOST"), ("DB_USER", "DB_USERNAME"), ("DB_PASSWORD_FIEL", "DB_PASSWORD_FILE"),
        ("DB_PASWORD", "DB_PASSWORD"), ("ORDERS_PROT", "ORDERS_PORT"),
        // Neither is near enough, or too short to tell.
        ("DB_HOST", nil), ("ORDERS_PORT", nil), ("DB_COAST", nil), ("HOSTNAME", nil),
        ("PATH", nil), ("DATABASE_URL", nil), ("DB_BOAST", nil), ("DB_USRNAM", "DB_USERNAME"),
    ])
    func `a name in the file that looks like a slip is told`(name: String, meant: String?) {
        var reader = EnvironmentReader(environment(file: "# one\n\n\(name)=s3cret"))
        _ = reader.text("HOST", default: "", "")
        _ = reader.text("PORT", default: "", "")
        _ = reader.text("DB_HOST", default: "", "")
        _ = reader.text("DB_USERNAME", default: "", "")
        _ = reader.secret("DB_PASSWORD", "")
        #expect(
            reader.warnings(others: ["ORDERS_PORT"])
                == (meant.map { [".env line 3: \(name) is not a setting; did you mean \($0)?"] } ?? []))
        #expect(mistakes(reader) == [], "It is no mistake: somebody else may read it.")
    }

    @Test func `names of the environment are not looked at`() {
        var reader = reader(["DB_HSOT": "x"])
        _ = reader.text("DB_HOST", default: "", "")
        #expect(reader.warnings() == [])
    }

    @Test func `a setting of another program is told with what has its place, unless its value holds here anyway`() {
        let replaced = [
            ReplacedSetting("QUEUE_MAX", agreeingWith: ["3"], "first."), ReplacedSetting("QUEUE_*", "none is needed."),
            ReplacedSetting("OTHER", "use MINE."),
        ]
        var reader = EnvironmentReader([
            "QUEUE_PREFIX": "x", "QUEUE_SIZE": " ", "OTHER": "y", "MINE": "z", "QUEUE": "1", "QUEUE_MAX": "3",
        ])
        _ = reader.text("MINE", default: "", "")
        #expect(
            reader.replacements(replaced) == [
                "OTHER is not a setting: use MINE.", "QUEUE_PREFIX is not a setting: none is needed.",
            ])
        #expect(reader.replacements(replaced, others: ["OTHER", "QUEUE_PREFIX"]) == [])
        _ = reader.optionalText("OTHER", "")
        #expect(reader.replacements(replaced).count == 1, "What is read here is a setting.")
    }

    @Test func `what has another name here is no slip of the pen`() {
        var reader = EnvironmentReader(environment(file: "CORS_ORIGIN=x"))
        _ = reader.list("CORS_ORIGINS", "")
        #expect(reader.warnings().count == 1)
        #expect(reader.warnings(replaced: [ReplacedSetting("CORS_ORIGIN", "use CORS_ORIGINS.")]) == [])
    }

    private func environment(file text: String) -> Environment {
        let file = DotEnvFile(text)
        return Environment(values: file.values, file: file)
    }
}
