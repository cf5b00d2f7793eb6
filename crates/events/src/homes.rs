//! In whose history each of some persons' purchases lie, by what is said of who is who.

use std::collections::{HashMap, HashSet};

use counterfoil_domain::ids::Person;
use counterfoil_store::aliases::Alias;

/// The home of each person of `group`: where what holds about them leads. Of several statements about one person the
/// newest counts. Who is followed out of the group is at home where `outside` says. Where statements lead in a circle,
/// the one that the newest of them makes the customer is home.
pub(crate) fn homes(
    group: &[Person],
    statements: &[Alias],
    outside: &HashMap<Person, Person>,
) -> HashMap<Person, Person> {
    let mut newest: HashMap<Person, (&Alias, Person)> = HashMap::new();
    for alias in statements.iter().filter(|alias| alias.active) {
        let (Some(from), Some(into)) = (alias.from, alias.into) else { continue };
        let is_there = group.contains(&into) || outside.contains_key(&into);
        if from == into || !is_there {
            continue;
        }
        let is_newer = newest.get(&from).is_none_or(|(other, _)| age(other) < age(alias));
        if is_newer {
            newest.insert(from, (alias, into));
        }
    }
    group.iter().map(|person| (*person, follow(*person, &newest, outside))).collect()
}

fn age(alias: &Alias) -> (i64, [u8; 16]) {
    (alias.latest.order_value, alias.id)
}

fn follow(
    person: Person,
    newest: &HashMap<Person, (&Alias, Person)>,
    outside: &HashMap<Person, Person>,
) -> Person {
    let mut at = person;
    let mut seen = HashSet::new();
    while seen.insert(at) {
        if let Some(home) = outside.get(&at) {
            return *home;
        }
        match newest.get(&at) {
            Some((_, into)) => at = *into,
            None => return at,
        }
    }
    // A circle, and `at` is on it: once around, to find its newest statement.
    let start = at;
    let mut latest: Option<(&Alias, Person)> = None;
    while let Some((alias, into)) = newest.get(&at) {
        if latest.is_none_or(|(other, _)| age(other) < age(alias)) {
            latest = Some((alias, *into));
        }
        at = *into;
        if at == start {
            break;
        }
    }
    latest.map_or(start, |(_, into)| into)
}

#[cfg(test)]
mod tests {
    use counterfoil_store::objects::Latest;

    use super::*;

    fn person(n: u8) -> Person {
        Person([n; 16])
    }

    fn says(from: u8, into: u8, order_value: i64) -> Alias {
        let latest = Latest { order_kind: 2, order_value, digest: [0; 32] };
        let id = [order_value.to_be_bytes()[7]; 16];
        Alias { id, from: Some(person(from)), into: Some(person(into)), active: true, latest }
    }

    fn home(group: &[u8], statements: &[Alias], of: u8) -> Person {
        let group: Vec<Person> = group.iter().map(|n| person(*n)).collect();
        homes(&group, statements, &HashMap::from([(person(9), person(8))]))[&person(of)]
    }

    #[test]
    fn statements_are_followed_to_their_end() {
        let chain = [says(1, 2, 10), says(2, 3, 11)];
        assert_eq!(home(&[1, 2, 3], &chain, 1), person(3));
        assert_eq!(home(&[1, 2, 3], &chain, 3), person(3));
        assert_eq!(home(&[1, 2, 3], &chain[..1], 1), person(2));
    }

    #[test]
    fn outside_the_group_somebody_is_at_home_where_they_are() {
        assert_eq!(home(&[1], &[says(1, 9, 10)], 1), person(8));
        assert_eq!(home(&[1], &[says(1, 7, 10)], 1), person(1), "nobody is there");
    }

    #[test]
    fn of_two_statements_about_one_person_the_newest_counts() {
        let two = [says(1, 3, 12), says(1, 2, 10)];
        assert_eq!(home(&[1, 2, 3], &two, 1), person(3));
        let undone = [Alias { active: false, ..two[0].clone() }, two[1].clone()];
        assert_eq!(home(&[1, 2, 3], &undone, 1), person(2));
    }

    #[test]
    fn a_circle_ends_where_its_newest_statement_leads() {
        let circle = [says(1, 2, 10), says(2, 3, 12), says(3, 1, 11)];
        for of in 1..=3 {
            assert_eq!(home(&[1, 2, 3], &circle, of), person(3));
        }
        let with_tail = [says(4, 1, 20), circle[0].clone(), circle[1].clone(), circle[2].clone()];
        assert_eq!(
            home(&[1, 2, 3, 4], &with_tail, 4),
            person(3),
            "a newer statement beside it changes nothing"
        );
    }
}
