//! What is said, in Kazakh and in Russian: one message has both, so that nobody's language has to be known.
//!
//! A message holds the child's given name at most, since a parent of two has to know which is meant. It says nothing
//! of the amount, the school, or why the child is entitled.

/// Letters of a child's given name; the office's tool takes no longer one.
pub const CHILD_CHARS_MAX: usize = 40;

/// A message to a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// Asks for consent.
    Question {
        /// Whom it is about.
        child: &'a str,
        /// The question's number among those of this telephone.
        number: u8,
        /// Asked for the second time.
        again: bool,
    },
    /// The ledger has the yes.
    Accepted {
        /// Whom it is about.
        child: &'a str,
        /// The question's number.
        number: u8,
    },
    /// The ledger has the no.
    Declined {
        /// Whom it is about.
        child: &'a str,
    },
    /// The voucher is open and nobody has activated it.
    Activate {
        /// Whom it is about.
        child: &'a str,
    },
    /// The question is no longer open.
    Closed,
    /// The reply could not be read, or could be read in two ways.
    Unclear {
        /// Numbers of the open questions.
        numbers: &'a [u8],
    },
}

/// The code of a yes to the question with this number.
pub fn yes(number: u8) -> String {
    format!("2#{number}")
}

/// The code of a no. The first question's is the short one; where it does not say which is meant, a reply asks.
pub fn no(number: u8) -> String {
    if number == 1 {
        "2#0".to_owned()
    } else {
        format!("2#0#{number}")
    }
}

impl Said<'_> {
    /// The message.
    pub fn text(&self) -> String {
        match self {
            Said::Question {
                child,
                number,
                again,
            } => {
                let (kazakh, russian) = if *again {
                    ("Еске салу. ", "Напоминание. ")
                } else {
                    ("", "")
                };
                let (yes, no) = (yes(*number), no(*number));
                format!(
                    "{kazakh}{child}: мектепте тегін тамақ тағайындалды. Келісу үшін {yes}, бас тарту үшін {no} деп жауап жіберіңіз. Жауап тегін.\n\
                     {russian}{child}: назначено бесплатное школьное питание. Согласны – ответьте {yes}, отказ – {no}. Ответ бесплатный."
                )
            }
            Said::Accepted { child, number } => {
                let no = no(*number);
                format!(
                    "{child}: келісіміңіз қабылданды. Әлеуметтік әмиянда ваучерді белсендіріңіз. Бас тарту: {no}.\n\
                     {child}: согласие принято. Активируйте ваучер в Социальном кошельке. Отказаться: {no}."
                )
            }
            Said::Declined { child } => format!(
                "{child}: бас тартуыңыз қабылданды, ваучер жабылды.\n{child}: отказ принят, ваучер закрыт."
            ),
            Said::Activate { child } => format!(
                "{child}: ваучер ашық, бірақ белсендірілмеген. Әлеуметтік әмиянда белсендіріңіз.\n\
                 {child}: ваучер открыт, но не активирован. Активируйте его в Социальном кошельке."
            ),
            Said::Closed => "Бұл сұраққа жауап беру мерзімі өтті немесе жауап берілген. Мектепке немесе ХҚКО-ға хабарласыңыз.\n\
                 Срок ответа истёк, или ответ уже дан. Обратитесь в школу или ЦОН."
                .to_owned(),
            Said::Unclear { numbers } => {
                let codes: Vec<String> = numbers.iter().map(|number| yes(*number)).collect();
                let codes = codes.join(", ");
                format!(
                    "Жауабыңыз түсініксіз. Тек бір код жіберіңіз: {codes}.\nОтвет не распознан. Пришлите только один код: {codes}."
                )
            }
        }
    }
}
