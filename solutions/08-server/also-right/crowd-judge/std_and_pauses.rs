//! Right: std alone for what it has, and a pause where a piece is to be read alone.

use std::env;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};

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
    let Ok(_silent) = server.client() else {
        eprintln!("nobody listens");
        return ExitCode::from(2);
    };
    match judge(&server) {
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

fn judge(server: &Server) -> Done {
    let (mut a, mut b, mut c) =
        (server.client()?, server.client()?, server.client()?);
    c.asks()?;

    a.says("one\ntwo\n")?;
    a.hears("eno\nowt\n")?;

    a.says("ab")?;
    pause();
    b.says("xy")?;
    pause();
    a.says("c\n")?;
    a.hears("cba\n")?;
    b.says("z\n")?;
    b.hears("zyx\n")?;

    let mut leaving = server.client()?;
    leaving.asks()?;
    leaving.resets();
    c.asks()?;
    server.client()?.asks()?;

    let mut last = server.client()?;
    last.says("last\nwords\n")?;
    last.half_closes()?;
    last.hears("tsal\nsdrow\n")?;
    last.hears_the_end()
}

/// The server has read a piece meanwhile.
fn pause() {
    thread::sleep(Duration::from_millis(200));
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

    fn asks(&mut self) -> Done {
        self.says("lived\n")?;
        self.hears("devil\n")
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

    fn resets(self) {
        let at_once = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&self.0, sockopt::Linger, &at_once).expect("SO_LINGER");
    }
}
