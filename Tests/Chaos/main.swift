import Foundation

let seed = CommandLine.arguments.count > 2 ? UInt64(CommandLine.arguments[2]) ?? 0 : UInt64.random(in: 0...999_999_999)
do {
    let isGood =
        switch CommandLine.arguments.dropFirst().first {
        case "--duplicates": try Duplicates(seed: seed).run()
        case "--hot-products": try HotProducts(seed: seed).run()
        case "--cursors": try CursorWalk(seed: seed).run()
        default: false
        }
    exit(isGood ? 0 : 1)
} catch {
    print(error)
    exit(2)
}
