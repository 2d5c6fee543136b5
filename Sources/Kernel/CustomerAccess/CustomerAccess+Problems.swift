internal import HTTPMessages
package import WebApplication

extension ProblemType {
    package static let customerClaimMissing = ProblemType(
        .forbidden, "customer-claim-missing", "Customer claim missing",
        when: "The token is valid, but has no customer's id in the claim that `JWT_CUSTOMER_CLAIM` names.")

    package static let keysUnavailable = ProblemType(
        .serviceUnavailable, "keys-unavailable", "Keys unavailable", isRetryable: true,
        when: "The token may be valid; the keys at `JWKS_URL` are being read, or could not be read.")

    /// What an operation answers for `CustomerAccess.rule`, besides `unauthorized`.
    package static let customerAccess: [ProblemType] = [.customerClaimMissing, .keysUnavailable]
}

extension Problem {
    /// - Parameter detail: without quotation marks and backslashes, which RFC 6750 section 3 does not have in a description.
    static func invalidToken(_ detail: String) -> Problem {
        var problem = Problem.unauthorized(detail)
        problem.headers["WWW-Authenticate"] = #"Bearer error="invalid_token", error_description="\#(detail)""#
        return problem
    }

    static func customerClaimMissing(_ claim: String) -> Problem {
        Problem(
            .customerClaimMissing,
            detail: "The token does not say which customer it is for: its claim \(claim) must be a customer's id.")
    }

    /// 1 s: as long as a set of keys takes at most, where it can be had at all.
    static let keysUnavailable = Problem(
        .keysUnavailable, detail: "The keys to verify the token with are not known yet. Try again.",
        retryAfterSeconds: 1)
}
