//! The program that a test's host starts as its HSM.

fn main() -> std::io::Result<()> {
    strongroom_fuzz::door::fake_hsm::play()
}
