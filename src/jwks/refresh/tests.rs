use proptest::{collection::vec, prelude::*};

use super::*;

const HARD_AGE: Duration = Duration::from_secs(86_400);
const PATIENCE: Duration = Duration::from_secs(3);
const ROUNDS: u32 = 2;

fn refresh() -> Refresh {
    Refresh::new(HARD_AGE, PATIENCE, ROUNDS)
}

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn fetched(sequence: Sequence) -> RefreshEvent {
    RefreshEvent::Fetched { sequence, max_age: None }
}

fn failed(sequence: Sequence) -> RefreshEvent {
    RefreshEvent::Failed { sequence, jitter: 255 }
}

/// Replays events at times in seconds, and compares what is to be done about each.
#[track_caller]
fn replay(story: &str, events: &[(f64, RefreshEvent, Action)]) {
    let mut refresh = refresh();
    for (number, (time, event, expected)) in events.iter().enumerate() {
        assert_eq!(refresh.on(*event, at(*time)), *expected, "{story}: step {number}, {event:?} at {time} s");
    }
}

#[test]
fn fetches_once_for_everybody() {
    use {Action::*, RefreshEvent::*};
    replay(
        "a cold start",
        &[
            (0.0, KeysUsed, Nothing),
            (0.0, KeyMissed, Start(1)),
            (0.1, KeyMissed, Join(1)),
            (0.2, fetched(1), Take),
            (0.3, KeysUsed, Nothing),
        ],
    );
}

#[test]
fn keeps_to_the_budget() {
    use {Action::*, RefreshEvent::*};
    replay(
        "unknown kids",
        &[
            (0.0, KeyMissed, Start(1)),
            (0.1, fetched(1), Take),
            (0.2, KeyMissed, Start(2)),
            (0.3, fetched(2), Take),
            (0.4, KeyMissed, CoolDown),
            (9.9, KeyMissed, CoolDown),
            (10.0, KeyMissed, Start(3)),
            (10.1, fetched(3), Take),
            (19.9, KeyMissed, CoolDown),
            (20.0, KeyMissed, Start(4)),
            (20.1, fetched(4), Take),
            // The budget does not grow beyond the burst.
            (1_000.0, KeyMissed, Start(5)),
            (1_000.1, fetched(5), Take),
            (1_000.2, KeyMissed, Start(6)),
            (1_000.3, fetched(6), Take),
            (1_000.4, KeyMissed, CoolDown),
        ],
    );
}

#[test]
fn backs_off_after_failures() {
    use {Action::*, RefreshEvent::*};
    replay(
        "an outage",
        &[
            (0.0, KeyMissed, Start(1)),
            (0.0, failed(1), Nothing),
            (0.2, KeyMissed, CoolDown),
            (0.3, KeyMissed, Start(2)),
            (0.3, failed(2), Nothing),
            (1.0, KeyMissed, CoolDown),
            (10.3, KeyMissed, Start(3)),
            (10.3, fetched(3), Take),
            (20.3, KeyMissed, Start(4)),
        ],
    );
    let mut refresh = refresh();
    for (failures, jitter, least, most) in
        [(0, 0, 0.124, 0.126), (0, 255, 0.249, 0.251), (3, 255, 1.99, 2.01), (7, 255, 29.9, 30.1), (99, 0, 14.9, 15.1)]
    {
        refresh.failures = failures;
        refresh.on(RefreshEvent::Failed { sequence: 9, jitter }, at(100.0));
        let back_off = (refresh.backs_off_until - at(100.0)).as_secs_f64();
        assert!((least..=most).contains(&back_off), "after {failures} failures: {back_off} s");
    }
}

#[test]
fn refreshes_in_the_background_once_keys_are_stale() {
    use {Action::*, RefreshEvent::*};
    replay(
        "stale while revalidating",
        &[
            (0.0, KeyMissed, Start(1)),
            (0.0, fetched(1), Take),
            (3_599.9, KeysUsed, Nothing),
            (3_600.0, KeysUsed, Start(2)),
            (3_600.1, KeysUsed, Nothing),
            (3_600.2, failed(2), Nothing),
            (3_600.3, KeysUsed, Nothing),
            (3_601.0, KeysUsed, Start(3)),
            (3_601.0, fetched(3), Take),
            (7_200.0, KeysUsed, Nothing),
        ],
    );
}

#[test]
fn takes_the_servers_word_within_bounds() {
    for (max_age, expected) in [(None, 3_600), (Some(0), 300), (Some(600), 600), (Some(u64::MAX), 7_200)] {
        let mut refresh = refresh();
        refresh.on(RefreshEvent::KeyMissed, at(0.0));
        refresh.on(RefreshEvent::Fetched { sequence: 1, max_age: max_age.map(Duration::from_secs) }, at(0.0));
        assert!(refresh.is_fresh(Duration::from_secs(expected) - at(0.001)), "{max_age:?}");
        assert!(!refresh.is_fresh(Duration::from_secs(expected)), "{max_age:?}");
    }
}

#[test]
fn does_not_trust_keys_for_ever() {
    use {Action::*, RefreshEvent::*};
    replay(
        "an outage of a day",
        &[
            (0.0, KeyMissed, Start(1)),
            (0.0, fetched(1), Take),
            (86_399.0, KeysUsed, Start(2)),
            (86_399.1, failed(2), Nothing),
            (86_400.0, KeysUsed, Distrust),
            (86_400.0, KeysUsed, Nothing),
            (86_400.1, KeyMissed, Start(3)),
            (86_400.2, fetched(3), Take),
        ],
    );
}

#[test]
fn an_older_answer_never_replaces_a_newer_one() {
    use {Action::*, RefreshEvent::*};
    replay(
        "a fetch that was given up and answers late",
        &[
            (0.0, KeyMissed, Start(1)),
            (0.0, Begun { sequence: 1 }, Nothing),
            (2.9, KeyMissed, Join(1)),
            (3.0, KeyMissed, Start(2)),
            (3.1, fetched(2), Take),
            (3.2, fetched(1), Leave),
            (3.2, failed(1), Leave),
            (3.3, fetched(2), Leave),
            (86_403.1, KeysUsed, Distrust),
            (86_403.2, fetched(1), Leave),
            (86_403.2, Found { age: Duration::ZERO }, Leave),
        ],
    );
}

#[test]
fn a_fetch_that_waits_for_its_turn_is_not_lost() {
    use {Action::*, RefreshEvent::*};
    replay(
        "other issuers come first, and its own time begins with its turn",
        &[
            (0.0, KeyMissed, Start(1)),
            (5.9, KeyMissed, Join(1)),
            (5.9, Begun { sequence: 1 }, Nothing),
            (8.8, KeyMissed, Join(1)),
            (8.9, KeyMissed, Start(2)),
            (14.8, KeyMissed, Join(2)),
            (14.9, KeyMissed, Start(3)),
            (15.0, Begun { sequence: 2 }, Nothing),
            (20.8, KeyMissed, Join(3)),
        ],
    );
}

/// More issuers than before share the turns, so a fetch that waits may take longer, and so may the next one.
#[test]
fn more_rounds_let_a_fetch_wait_longer() {
    use {Action::*, RefreshEvent::*};
    let mut refresh = refresh();
    assert_eq!(refresh.on(KeyMissed, at(0.0)), Start(1));
    refresh.set_rounds(4, at(1.0));
    // 1 + 4 × 3 seconds.
    assert_eq!(refresh.on(KeyMissed, at(12.9)), Join(1));
    assert_eq!(refresh.on(KeyMissed, at(13.0)), Start(2));
    assert_eq!(refresh.on(KeyMissed, at(24.9)), Join(2));
}

#[test]
fn takes_keys_found_elsewhere_only_while_it_has_none() {
    use {Action::*, RefreshEvent::*};
    let found = |seconds| Found { age: Duration::from_secs(seconds) };
    replay(
        "a start without network",
        &[
            (0.0, KeyMissed, Start(1)),
            (0.0, failed(1), Nothing),
            (0.0, found(86_400), Leave),
            (0.0, found(86_390), Take),
            (0.0, found(10), Leave),
            (1.0, KeysUsed, Start(2)),
            (1.0, failed(2), Nothing),
            (10.0, KeysUsed, Distrust),
        ],
    );
    replay(
        "the network is back",
        &[(0.0, found(10), Take), (0.0, KeysUsed, Start(1)), (0.1, fetched(1), Take), (0.2, found(0), Leave)],
    );
}

#[test]
fn knows_how_old_keys_are() {
    let seconds = Duration::from_secs;
    let mut refresh = Refresh::new(seconds(86_400), seconds(3), 1);
    assert_eq!(refresh.age(seconds(5)), None);
    refresh.on(RefreshEvent::Found { age: seconds(100) }, seconds(7));
    assert_eq!(refresh.age(seconds(9)), Some(seconds(102)), "they had an age when they were found");
    refresh.on(RefreshEvent::Fetched { sequence: 1, max_age: None }, seconds(20));
    assert_eq!(refresh.age(seconds(21)), Some(seconds(1)));
}

fn event() -> impl Strategy<Value = (u64, RefreshEvent)> {
    let step = prop_oneof![4 => 0..500_u64, 2 => 500..20_000_u64, 1 => 20_000..100_000_000_u64];
    let sequence = 0..12_u64;
    let event = prop_oneof![
        4 => Just(RefreshEvent::KeyMissed),
        4 => Just(RefreshEvent::KeysUsed),
        2 => (sequence.clone(), prop::option::of(0..100_000_u64)).prop_map(|(sequence, age)| {
            RefreshEvent::Fetched { sequence, max_age: age.map(Duration::from_secs) }
        }),
        2 => (sequence.clone(), any::<u8>()).prop_map(|(sequence, jitter)| RefreshEvent::Failed { sequence, jitter }),
        1 => sequence.clone().prop_map(|sequence| RefreshEvent::Dropped { sequence }),
        2 => sequence.clone().prop_map(|sequence| RefreshEvent::Begun { sequence }),
        1 => (0..200_000_u64).prop_map(|age| RefreshEvent::Found { age: Duration::from_secs(age) }),
    ];
    (step, event)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The promises at the top, over any events at any times, those that make no sense included.
    #[test]
    fn keeps_its_promises(events in vec(event(), 1..80), steps_back in any::<bool>()) {
        let mut refresh = refresh();
        let mut now = Duration::ZERO;
        let mut starts: Vec<Duration> = Vec::new();
        // The fetch under way, when it started, and the latest moment there was since. Once that is
        // beyond its patience it may have been given up, and a clock that then steps back does not
        // bring it back.
        let mut open: Option<(Sequence, Duration, Duration)> = None;
        let mut taken: Sequence = 0;
        let mut not_before = Duration::ZERO;
        let mut trusted_until = None;
        for (millis, event) in events {
            now += Duration::from_millis(millis);
            if steps_back && millis % 7 == 0 {
                now = now.saturating_sub(Duration::from_secs(1));
            }
            let action = refresh.on(event, now);
            open = open.map(|(sequence, started, latest)| (sequence, started, latest.max(now)));
            if let RefreshEvent::Fetched { sequence, .. } | RefreshEvent::Failed { sequence, .. } | RefreshEvent::Dropped { sequence } = event {
                open = open.filter(|(own, ..)| *own != sequence);
            }
            if let RefreshEvent::Begun { sequence } = event {
                // Its time begins, unless it may have been given up before.
                let is_it = |(own, started, latest): &(Sequence, Duration, Duration)| {
                    *own == sequence && latest.saturating_sub(*started) < PATIENCE
                };
                open = open.map(|open| if is_it(&open) { (sequence, now, now) } else { open });
            }
            match (event, action) {
                (RefreshEvent::KeyMissed | RefreshEvent::KeysUsed, Action::Start(sequence)) => {
                    if let Some((_, started, latest)) = open {
                        prop_assert!(latest.saturating_sub(started) >= PATIENCE, "1: another fetch is under way");
                    }
                    prop_assert!(now >= not_before, "2: it backs off");
                    open = Some((sequence, now, now));
                    starts.push(now);
                }
                (RefreshEvent::KeyMissed, Action::Join(sequence)) => {
                    prop_assert_eq!(open.map(|(own, ..)| own), Some(sequence), "1: what is joined is under way");
                }
                (RefreshEvent::KeyMissed, Action::CoolDown) => {}
                (RefreshEvent::KeysUsed, Action::Nothing) => {}
                (RefreshEvent::KeysUsed, Action::Distrust) => {
                    prop_assert!(trusted_until.is_some_and(|until| now >= until));
                    trusted_until = None;
                }
                (RefreshEvent::Fetched { sequence, .. }, Action::Take) => {
                    prop_assert!(sequence > taken, "3: older than the keys in use");
                    (taken, trusted_until) = (sequence, Some(now + HARD_AGE));
                    not_before = Duration::ZERO;
                }
                (RefreshEvent::Fetched { sequence, .. }, Action::Leave) => {
                    prop_assert!(sequence <= taken);
                }
                (RefreshEvent::Failed { sequence, .. }, Action::Leave) => prop_assert!(sequence < taken),
                (RefreshEvent::Dropped { .. } | RefreshEvent::Begun { .. }, Action::Nothing) => {}
                (RefreshEvent::Failed { .. }, Action::Nothing) => not_before = now + JWK_SET_FIRST_BACK_OFF / 2,
                (RefreshEvent::Found { age }, Action::Take) => {
                    prop_assert!(taken == 0 && age < HARD_AGE);
                    trusted_until = Some(now + (HARD_AGE - age));
                }
                (RefreshEvent::Found { .. }, Action::Leave) => {}
                other => prop_assert!(false, "4: {:?}", other),
            }
            prop_assert_eq!(refresh.is_trusted(now), trusted_until.is_some_and(|until| now < until), "5");
            let next_look = refresh.next_look(now);
            prop_assert!(trusted_until.is_none_or(|until| next_look <= until), "5: looked at in time");
            prop_assert!(next_look > now || trusted_until.is_some_and(|until| until <= now));
        }
        if !steps_back {
            for (index, first) in starts.iter().enumerate() {
                for (count, last) in (1_u32..).zip(&starts[index..]) {
                    let allowed = JWK_SET_COOL_DOWN * count.saturating_sub(JWK_SET_BURST);
                    prop_assert!(*last - *first >= allowed, "2: {count} fetches within {:?}", *last - *first);
                }
            }
        }
    }
}
