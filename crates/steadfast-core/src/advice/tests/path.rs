//! What is found in the path of a 404.

use super::found;

#[test]
fn the_path_of_a_404_is_searched_for_what_went_wrong_when_it_was_built() {
    for (path, sentence) in [
        (
            "/v1/users/{id}",
            "the URL contains `{id}`: a placeholder was not filled in",
        ),
        (
            "/v1/{user_id}/x",
            "the URL contains `{user_id}`: a placeholder was not filled in",
        ),
        (
            "/users/%7Bid%7D",
            "the URL contains `{id}`: a placeholder was not filled in",
        ),
        (
            "/users/:id/posts",
            "the URL contains `:id`: a placeholder was not filled in",
        ),
        (
            "/u/undefined",
            "the URL contains `undefined`: a value was probably missing when it was built",
        ),
        (
            "/u/null/x",
            "the URL contains `null`: a value was probably missing when it was built",
        ),
        (
            "/u/NaN",
            "the URL contains `NaN`: a value was probably missing when it was built",
        ),
        (
            "/u?id=undefined",
            "the URL contains `undefined`: a value was probably missing when it was built",
        ),
        (
            "/u/Some(7)",
            "the URL contains `Some(7)`: a value was probably formatted for debugging",
        ),
        (
            "/u/%22a%22",
            "the URL contains `%22a%22`: a value was probably formatted for debugging",
        ),
        (
            "/u//x",
            "the path contains `//`: a value was empty, or a slash is doubled",
        ),
        (
            "/u/",
            "the path ends in a slash: many servers find it only without",
        ),
        (
            "/u/7%20",
            "the path contains a blank or line break at an edge",
        ),
        (
            "/u/7%0A",
            "the path contains a blank or line break at an edge",
        ),
    ] {
        assert_eq!(found(404, &[], path), [sentence], "{path}");
    }
}

#[test]
fn an_ordinary_path_is_not_suspected() {
    for path in [
        "",
        "/",
        "/v1/users/7",
        "/v1/operations/7:cancel",
        "/nullable/undefined-terms",
        "/a/b?x=1&y=",
        "/files/a%20b.txt",
        "/time/12:30",
        "/Some/Ok",
        "/v1/users?next=//x/",
    ] {
        assert_eq!(found(404, &[], path), [""; 0], "{path}");
    }
    let secret = "/u?token=%22S3CR3T%22";
    assert_eq!(found(404, &[], secret), [""; 0], "a secret is not shown");
    assert_eq!(
        found(503, &[], "/u/{id}"),
        [""; 0],
        "only where the path may be the cause"
    );
}
