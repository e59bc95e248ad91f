//! Drops what can matter no more, so that states which differ in nothing else are one.
//!
//! Messages between members belong to a session of two boots. Votes for a candidate that stands no
//! more and acknowledgements to a leader that leads no more reach nobody who would count them; a
//! request of such a candidate could only waste a vote. What a dead leader has said can still arrive.

use crate::state::{Role, Said, State};

pub(crate) fn forget<const N: usize>(state: &mut State<N>) {
    let mut stand = [[false; N]; crate::state::TERMS_MAX];
    let mut leads = [false; crate::state::TERMS_MAX];
    let mut oldest = u8::MAX;
    for (who, process) in state.boots() {
        oldest = oldest.min(process.memory.term);
        let Some(at) = process.memory.term.checked_sub(1).map(usize::from) else { continue };
        match process.role {
            Role::Candidate => {
                let place = stand.get_mut(at).and_then(|nodes| nodes.get_mut(usize::from(who.node)));
                place.into_iter().for_each(|stands| *stands = true);
            }
            Role::Leader => leads.get_mut(at).into_iter().for_each(|leads| *leads = true),
            Role::Follower | Role::Refused => {}
        }
    }
    for (((number, term), stand), leads) in (1_u8..).zip(&mut state.terms).zip(stand).zip(leads) {
        for ((asked, votes), stands) in term.asked.iter_mut().zip(&mut term.votes).zip(stand) {
            if !stands {
                *asked = (0, 0);
                *votes = 0;
            }
        }
        if !leads {
            term.acknowledged = [0; N];
        }
        if number < oldest {
            term.said = Said::default();
        }
    }
}
