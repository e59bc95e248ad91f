use super::*;
use strongroom_crypto::ChaChaRng;

const FLEET: FleetId = FleetId::new([1; 32]);
const VAULT: VaultId = VaultId::new([2; 32]);

/// The sample of the specification's page.
#[test]
fn a_golden_prf_input() {
    let input = prf_input(FLEET, VAULT, RegistrationId::new([3; 16]));
    let golden = "de0d82b823620a1b9185348773bc711a81493c2a8d0f01855c48d9bcb72c9fa8";
    assert_eq!(strongroom_protocol::ids::hex(&input), golden);
}

#[test]
fn what_is_asked_for_differs_by_fleet_vault_and_registration() {
    let base = prf_input(FLEET, VAULT, RegistrationId::new([3; 16]));
    assert_ne!(base, prf_input(FleetId::new([9; 32]), VAULT, RegistrationId::new([3; 16])));
    assert_ne!(base, prf_input(FLEET, VaultId::new([9; 32]), RegistrationId::new([3; 16])));
    assert_ne!(base, prf_input(FLEET, VAULT, RegistrationId::new([9; 16])));
}

#[test]
fn the_password_of_the_slot_is_the_answer_in_hex() {
    let mut answer = [0xab; 32];
    answer[0] = 0x09;
    let digits = PrfOutput::from_slice(&answer).unwrap().hex_digits();
    assert_eq!(digits, format!("09{}", "ab".repeat(31)).into_bytes());
}

#[test]
fn a_user_handle_is_random_and_names_no_vault() {
    let mut rng = ChaChaRng::from_seed([7; 32]);
    let mut offer = || PasskeyOffer::new(FLEET, VAULT, "localhost", &[], &mut rng).unwrap();
    let (first, second) = (offer(), offer());
    assert_ne!(first.user_handle(), second.user_handle());
    assert_ne!(first.user_handle(), *VAULT.as_bytes());
    assert_ne!(first.prf_input(), second.prf_input());
}
