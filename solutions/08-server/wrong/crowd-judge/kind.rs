//! Wrong: has one client, which sends a line and waits for the answer.
//! Fails: a_server_of_one_client_at_a_time_is_caught, a_server_that_takes_pieces_for_lines_is_caught, a_server_that_mixes_its_clients_is_caught, a_server_that_loses_all_at_a_reset_is_caught, a_server_that_drops_answers_at_a_half_close_is_caught
//! Told: got: exit code 0

use std::env;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

type Done = Result<(), String>;

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address, limit] = &args[..] else {
        return ExitCode::from(2);
    };
    let server = Server {
        address: address.parse().expect("an address"),
        limit: Duration::from_millis(limit.parse().expect("a number")),
    };
    let Ok(mut client) = server.client() else {
        eprintln!("nobody listens");
        return ExitCode::from(2);
    };
    match judge(&mut client) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

struct Server {
    address: SocketAddr,
    limit: Duration,
}

impl Server {
    fn client(&self) -> Result<Client, String> {
        let stream = TcpStream::connect(self.address);
        let stream = stream.map_err(|error| error.to_string())?;
        let limit = stream.set_read_timeout(Some(self.limit));
        limit.map_err(|error| error.to_string())?;
        Ok(Client(stream))
    }
}

fn judge(client: &mut Client) -> Done {
    for line in ["one", "two", "three"] {
        let reversed: String = line.chars().rev().collect();
        client.says(&format!("{line}\n"))?;
        client.hears(&format!("{reversed}\n"))?;
    }
    client.half_closes()?;
    client.hears_the_end()
}

struct Client(TcpStream);

impl Client {
    fn says(&mut self, text: &str) -> Done {
        let done = self.0.write_all(text.as_bytes());
        done.map_err(|error| error.to_string())
    }

    fn hears(&mut self, text: &str) -> Done {
        let mut heard = vec![0; text.len()];
        let done = self.0.read_exact(&mut heard);
        done.map_err(|error| error.to_string())?;
        if heard == text.as_bytes() {
            Ok(())
        } else {
            Err(format!("{} for {text:?}", heard.escape_ascii()))
        }
    }

    fn half_closes(&self) -> Done {
        let done = self.0.shutdown(std::net::Shutdown::Write);
        done.map_err(|error| error.to_string())
    }

    fn hears_the_end(&mut self) -> Done {
        match self.0.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err("more than the answers".into()),
            Err(error) => Err(error.to_string()),
        }
    }
}
