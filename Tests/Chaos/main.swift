import Glibc
import SeededRandom

// Usage: Chaos [--pairs] [--points TEXT]
var arguments = CommandLine.arguments.dropFirst()
var pairs = false
var points: String?
while let argument = arguments.popFirst() {
    switch argument {
    case "--pairs": pairs = true
    case "--points": points = arguments.popFirst()
    default:
        print("There is no option \(argument); there are --pairs and --points TEXT.")
        exit(2)
    }
}
var random = SeededRandom("enumeration")
exit(try Enumeration(pairs: pairs, seed: random.next(), points: points).run() ? 0 : 1)
