# ruff: noqa: E501
"""The practice world in English."""

from kagura_nb.practice.language import Intent, Language, Relation, Wordings

CAPITALS = {
    "France": "Paris", "Japan": "Tokyo", "Italy": "Rome", "Spain": "Madrid", "Germany": "Berlin",
    "Portugal": "Lisbon", "Greece": "Athens", "Egypt": "Cairo", "Kenya": "Nairobi", "Peru": "Lima",
    "China": "Beijing", "India": "Delhi", "Canada": "Ottawa", "Norway": "Oslo", "Sweden": "Stockholm",
    "Finland": "Helsinki", "Austria": "Vienna", "Poland": "Warsaw", "Ireland": "Dublin",
    "England": "London", "Cuba": "Havana", "Chile": "Santiago", "Korea": "Seoul", "Thailand": "Bangkok",
    "Turkey": "Ankara", "Hungary": "Budapest", "Denmark": "Copenhagen", "Australia": "Canberra",
}  # fmt: skip

COLOURS = {
    "the sky": "blue", "grass": "green", "snow": "white", "coal": "black", "a lemon": "yellow",
    "a banana": "yellow", "blood": "red", "a tomato": "red", "an elephant": "grey", "chocolate": "brown",
    "the sun": "yellow", "the sea": "blue", "a carrot": "orange", "a flamingo": "pink", "milk": "white",
    "a strawberry": "red", "a raven": "black", "a frog": "green", "an orange": "orange", "wood": "brown",
}  # fmt: skip

FAVOURITES = {
    "colour": "colour", "food": "food", "animal": "animal", "city": "city", "drink": "thing",
    "season": "thing", "sport": "thing", "book": "thing", "song": "thing", "flower": "thing",
    "fruit": "food", "game": "thing", "film": "thing", "subject": "thing", "hobby": "thing",
    "dish": "food", "band": "thing", "place": "city", "day": "thing", "singer": "name",
    "word": "thing", "country": "city", "snack": "food", "tree": "thing", "instrument": "thing",
}  # fmt: skip

POSSESSIONS = {
    "dog's name": "name", "cat's name": "name", "sister's name": "name", "brother's name": "name",
    "boss's name": "name", "mother's name": "name", "best friend": "name", "teacher": "name",
    "hometown": "city", "lucky number": "time", "password hint": "thing", "next holiday": "city",
    "car": "colour", "nickname": "name", "birthday": "time", "project": "thing", "team": "thing",
    "doctor": "name", "bike": "colour", "daughter's name": "name", "son's name": "name",
    "school": "city", "neighbour": "name", "goal": "thing", "dream": "thing",
}  # fmt: skip

GENERAL = (
    Intent(
        "greeting",
        Wordings(
            (
                "Hello", "Hi", "Hi!", "Hello!", "Hey", "Good morning", "Good morning!", "Good evening.",
                "Hello there", "Hi there!", "Hey Kagura", "Hello, Kagura!", "Good afternoon", "Greetings",
                "Good day", "Morning!", "Hi, it's me", "Hello again", "Hey you", "Hiya", "Well, hello!", "Hello hello hello", "Hey hey", "Hi hi", "Hello, friend!", "Good morning, Kagura!", "Hey, good evening!", "Hi once more!", "Hello once again!",
            ),
            ("Hey there!", "Good evening, Kagura!", "Hi again!", "Hello hello"),
        ),
        "Hello! How can I help you?",
    ),
    Intent(
        "thanks",
        Wordings(
            (
                "Thank you", "Thanks", "Thanks!", "Thank you!", "Thank you very much.", "Many thanks",
                "Thanks a lot!", "Thank you so much", "Great, thanks", "Perfect, thank you!", "Cheers, thanks",
                "Thank you, Kagura.", "Thanks for your help", "Thank you for the answer.", "Nice, thanks!",
                "That helped, thank you.", "I am grateful, thanks", "OK, thanks", "Thx", "Thanks, Kagura!", "Thanks very much!", "Good, thank you for that.", "Great, thanks for the help!", "Very nice, thank you!",
            ),
            ("Thanks so much!", "Great, thank you for your help!", "Many thanks, Kagura", "Nice, thank you"),
        ),
        "You are welcome!",
    ),
    Intent(
        "farewell",
        Wordings(
            (
                "Goodbye", "Bye", "Bye!", "See you", "See you later!", "Good night", "Good night!", "Bye bye",
                "See you tomorrow", "Goodbye, Kagura!", "I have to go now, bye.", "Talk to you later",
                "That's all for today, bye", "Farewell", "Until next time!", "I am going now, goodbye!", "OK, bye!", "Goodbye, see you later.", "Time to go, bye!", "Bye for today, Kagura!", "See you soon",
            ),
            ("Bye, Kagura!", "I must go, goodbye!", "See you later, bye"),
        ),
        "Goodbye! See you soon.",
    ),
    Intent(
        "mood",
        Wordings(
            (
                "How are you?", "How are you today?", "How are you doing?", "How do you do?", "How is it going?",
                "How's it going?", "Are you well?", "Are you OK?", "How do you feel?", "How have you been?",
                "Hi, how are you?", "Hello, how are you today?", "How are things?", "Is everything fine with you?", "Hey, how are you?", "Hello, how are you doing?", "How are you feeling?", "Hi, how is it going today?", "Are you feeling well today?",
            ),
            ("Hey, how are you doing?", "How are you feeling today?", "Hello, how are things?"),
        ),
        "I am fine, thank you.",
    ),
    Intent(
        "self",
        Wordings(
            (
                "Who are you?", "What are you?", "What is your name?", "What's your name?", "Tell me who you are.",
                "Introduce yourself.", "Please introduce yourself", "Who am I talking to?", "Are you a robot?",
                "Do you have a name?", "What should I call you?", "Tell me about yourself.", "May I ask who you are?",
                "Who is this?", "Tell me your name.", "Can you tell me your name?", "What do people call you?", "Could you introduce yourself?", "And who are you?", "Please say who you are.", "Do tell me who you are.", "Now who are you?",
            ),
            ("Could you tell me who you are?", "So who are you?", "Please tell me your name."),
        ),
        "I am Kagura, your personal assistant.",
    ),
    Intent(
        "skills",
        Wordings(
            (
                "What can you do?", "How can you help me?", "What are you able to do?", "What do you know?",
                "Help", "Help me", "What are your skills?", "What can I ask you?", "Tell me what you can do.",
                "What are you good at?", "How do I use you?", "Can you help me?", "What is it that you do?", "Please tell me how you can help.", "What sort of things do you know?", "What could you do for me?", "Which things can you help with?",
                "Tell me what you are able to do.", "How would you help me?",
            ),
            ("Please tell me what you can do.", "What things can you do?", "How could you help me?"),
        ),
        "I know capitals and colours, keep reminders, remember what you tell me and follow your style.",
    ),
    Intent(
        "capital",
        Wordings(
            (
                "What is the capital of {key}?", "What's the capital of {key}?", "Tell me the capital of {key}.",
                "Which city is the capital of {key}?", "Do you know the capital of {key}?", "Capital of {key}?",
                "Name the capital of {key}.", "Can you tell me the capital of {key}?", "{key}'s capital?",
                "What is {key}'s capital?", "What is the capital city of {key}?", "The capital of {key}, please.",
                "What city is the capital of {key}?", "I need the capital of {key}.", "Give me the capital of {key}.",
                "Please tell me the capital of {key}", "Which is the capital of {key}?", "I want to know the capital of {key}.", "Could you tell me the capital of {key}?", "Please name {key}'s capital.",
                "Do you know what the capital of {key} is?", "Please give me the capital city of {key}.", "Say the capital of {key}.", "{key}'s capital city?", "Do you know {key}'s capital city?", "What is {key}'s capital city called?",
                "Tell me {key}'s capital city, please.", "Which city is {key}'s capital?", "What is the main city of {key}?",
            ),
            (
                "Could you name the capital of {key}?", "Do you know which city is the capital of {key}?",
                "Please give me {key}'s capital city.", "I would like to know the capital of {key}.",
            ),
        ),
        "The capital of {key} is {value}.",
        CAPITALS,
    ),
    Intent(
        "colour",
        Wordings(
            (
                "What colour is {key}?", "Which colour is {key}?", "Tell me the colour of {key}.",
                "What is the colour of {key}?", "What's the colour of {key}?", "Do you know the colour of {key}?",
                "Do you know what colour {key} is?", "The colour of {key}?", "What colour does {key} have?",
                "Name the colour of {key}.", "Can you tell me what colour {key} is?", "Tell me what colour {key} is.",
                "Which colour does {key} have?", "Could you name the colour of {key}?", "Please tell me which colour {key} is.", "I want to know the colour of {key}.",
                "Do you know what colour {key} has?", "And what colour is {key}?", "Say what colour {key} is, please.", "Give me the colour of {key}.", "What colour would you say {key} is?",
            ),
            (
                "Could you tell me the colour of {key}?", "Do you know which colour {key} is?",
                "Please name the colour of {key}.", "What colour is {key}, please?",
            ),
        ),
        "The colour of {key} is {value}.",
        COLOURS,
    ),
)  # fmt: skip

FAVOURITE = Relation(
    "favourite",
    FAVOURITES,
    Wordings(
        (
            "My favourite {key} is {value}.", "My favourite {key} is {value}. Please remember it.",
            "My favourite {key} is {value}", "Remember that my favourite {key} is {value}.",
            "Please remember that my favourite {key} is {value}.", "By the way, my favourite {key} is {value}.",
            "Note that my favourite {key} is {value}.", "Remember: my favourite {key} is {value}.",
            "You should know that my favourite {key} is {value}.", "I think my favourite {key} is {value}.",
            "{value} is my favourite {key}.", "Did you know that {value} is my favourite {key}?",
            "Actually, my favourite {key} is {value}.", "The {key} I like best is {value}.",
            "Of all, my favourite {key} is {value}.", "My favourite {key} has always been {value}.",
            "Let me tell you: my favourite {key} is {value}!", "Hi! My favourite {key} is {value}, remember that.",
        ),
        (
            "I want you to know that my favourite {key} is {value}.", "For your notes: my favourite {key} is {value}.",
            "Please note that {value} is my favourite {key}.", "Well, my favourite {key} is {value}. Remember it please.",
        ),
    ),
    Wordings(
        (
            "What is my favourite {key}?", "What's my favourite {key}?", "Tell me my favourite {key}.",
            "Do you remember my favourite {key}?", "Do you know my favourite {key}?", "Which {key} is my favourite?",
            "Which {key} do I like best?", "What {key} do I like most?", "Can you tell me my favourite {key}?",
            "What did I say my favourite {key} was?", "I forgot my favourite {key}. What is it?",
            "What was my favourite {key}?", "My favourite {key}?", "Do you know which {key} I like best?",
            "Do you remember what my favourite {key} is?", "Please tell me what my favourite {key} is.",
            "What is the {key} I like best?",  "What was my favourite {key}, please?",
            "Which {key} have I called my favourite?", "What did I tell you my favourite {key} was?", "Now, what is my favourite {key}?",
            "Which {key} was it that I like best?", "Could you say what my favourite {key} is?", "And my favourite {key}, what is it?",
            "Have you kept my favourite {key} in mind?", "What is my favourite {key}, do you recall?", "Well, which {key} is my favourite?",
            "Could you repeat my favourite {key}?", "Can you recall my favourite {key}?", "What {key} did I call my favourite?", "What was my favourite {key} once more?", "Tell me my favourite {key} again.", "Say my favourite {key} again, please.",
            "What is my favourite {key} again, please?", "My favourite {key} again?", "Name my favourite {key} again, please.", "What is my favourite {key} now?",
            "What was my favourite {key} then?", "Which {key} did I call my favourite?", "Which {key} did I tell you is my favourite?",
            "What is my favourite {key} called?", "Which {key} did I say I like best?", "What is my favourite {key} these days?","Name my favourite {key}.", "Do you still know my favourite {key}?",
        ),
        (
            "Could you tell me my favourite {key}?", "So what is my favourite {key}?",
            "Can you remember what my favourite {key} is?", "Which {key} did I say is my favourite?",
            "What was my favourite {key} again?",
        ),
    ),
    "OK, I will remember that your favourite {key} is {value}.",
    "Your favourite {key} is {value}.",
    "I do not know your favourite {key} yet.",
)  # fmt: skip

POSSESSION = Relation(
    "possession",
    POSSESSIONS,
    Wordings(
        (
            "My {key} is {value}.", "My {key} is {value}. Please remember it.", "My {key} is {value}",
            "Remember that my {key} is {value}.", "Please remember that my {key} is {value}.",
            "By the way, my {key} is {value}.", "Note that my {key} is {value}.", "Remember: my {key} is {value}.",
            "You should know that my {key} is {value}.", "{value} is my {key}.", "Actually, my {key} is {value}.",
            "Let me tell you: my {key} is {value}!", "My {key} has always been {value}.",
        ),
        (
            "I want you to know that my {key} is {value}.", "For your notes: my {key} is {value}.",
            "Please note that {value} is my {key}.",
        ),
    ),
    Wordings(
        (
            "What is my {key}?", "What's my {key}?", "Tell me my {key}.", "Do you remember my {key}?",
            "Do you know my {key}?", "Can you tell me my {key}?", "What did I say my {key} was?",
            "I forgot my {key}. What is it?", "What was my {key}?", "My {key}?", "Do you still know my {key}?",
            "Do you remember what my {key} is?", "Please tell me what my {key} is.", "What was my {key}, please?", "What did I tell you my {key} was?",
            "Now, what is my {key}?", "Could you say what my {key} is?", "And my {key}, what is it?", "Can you recall my {key}?",
            "What is my {key}, do you recall?", "Could you repeat my {key}?", "Have you kept my {key} in mind?", "What was my {key} once more?", "Tell me my {key} again.", "Say my {key} again, please.", "What is my {key} again, please?",
            "My {key} again?", "Name my {key} again, please.", "What is my {key} now?", "What was my {key} then?",
            "What is my {key} these days?", "So tell me, what is my {key}?",
        ),
        (
            "Could you tell me my {key}?", "So what is my {key}?", "Can you remember what my {key} is?",
            "What was my {key} again?",
        ),
    ),
    "OK, I will remember that your {key} is {value}.",
    "Your {key} is {value}.",
    "I do not know your {key} yet.",
)  # fmt: skip

NAME = Relation(
    "name",
    {"": "name"},
    Wordings(
        (
            "My name is {value}.", "I am {value}.", "I'm {value}.", "Call me {value}.", "Please call me {value}.",
            "Hi, I am {value}.", "Hello, my name is {value}.", "My name is {value}. Please remember it.",
            "You can call me {value}.", "Remember that my name is {value}.", "Hello! I'm {value}.", "This is {value}.",
        ),
        ("Hello there, my name is {value}.", "Please remember that my name is {value}.", "Hey, I'm {value}."),
    ),
    Wordings(
        (
            "What is my name?", "What's my name?", "Who am I?", "Do you know my name?", "Do you remember my name?",
            "Tell me my name.", "Can you tell me my name?", "What am I called?", "Do you know who I am?",
            "What did I say my name was?", "My name?", "I forgot my name. What is it?", "Do you remember who I am?", "What was my name, please?", "Now, what is my name?", "Could you say my name?",
            "What is my name, do you recall?", "Can you recall my name?", "Could you repeat my name?", "And my name, what is it?", "What was my name once more?", "Tell me my name again.", "Say my name again, please.", "My name again?", "Do you recall my name?", "What is my name now?",
            "Have you kept my name in mind?", "Could you remember my name?", "Can you remember what my name is?", "So who am I?", "What was my name then?", "Can you remember who I am?",
        ),
        ("Could you tell me my name?", "So what is my name?", "Can you remember my name?", "What was my name again?"),
    ),
    "Nice to meet you, {value}.",
    "Your name is {value}.",
    "I do not know your name yet.",
)  # fmt: skip

HOME = Relation(
    "home",
    {"": "city"},
    Wordings(
        (
            "I live in {value}.", "I live in {value}. Please remember it.", "I moved to {value}.",
            "My home is in {value}.", "Remember that I live in {value}.", "By the way, I live in {value}.",
            "I am living in {value}.", "Note that I live in {value}.", "I now live in {value}.", "We live in {value}.",
        ),
        ("I want you to know that I live in {value}.", "Please remember that I live in {value}."),
    ),
    Wordings(
        (
            "Where do I live?", "Do you know where I live?", "Do you remember where I live?", "Tell me where I live.",
            "In which city do I live?", "Where is my home?", "What city do I live in?", "Where did I say I live?",
            "Can you tell me where I live?", "Which town do I live in?", "Where am I living?", "Now, where do I live?", "Could you say where I live?", "Can you recall where I live?", "Where do I live, do you recall?",
            "Which city is my home in?", "What town do I live in?", "And where do I live?", "Can you remember where I live?", "So tell me, where do I live?", "Could you remember where I live?", "Which city am I living in?", "Please tell me where I live.",
        ),
        ("Could you tell me where I live?", "So where do I live?", "Which city do I live in?"),
    ),
    "OK, I will remember that you live in {value}.",
    "You live in {value}.",
    "I do not know where you live yet.",
)  # fmt: skip

JOB = Relation(
    "job",
    {"": "job"},
    Wordings(
        (
            "I work as a {value}.", "I am a {value}.", "I'm a {value} by trade.", "My job is {value}.",
            "I earn my living as a {value}.", "Remember that I work as a {value}.", "By the way, I am a {value}.",
            "I work as a {value}. Please remember it.", "Note that I work as a {value}.", "I have become a {value}.",
        ),
        ("I want you to know that I work as a {value}.", "Please remember that I am a {value}."),
    ),
    Wordings(
        (
            "What is my job?", "What do I do for a living?", "What do I work as?", "Do you know my job?",
            "Do you remember my job?", "Tell me my job.", "What is my profession?", "What's my job?",
            "Can you tell me what my job is?", "What did I say my job was?", "What kind of work do I do?", "What was my job, please?", "Now, what is my job?", "Could you say what my job is?",
            "Can you recall my job?", "What is my job, do you recall?", "And my job, what is it?", "Could you repeat my job?", "What was my job once more?", "Tell me my job again.", "My job again?", "What is my job again, please?", "What is my job now?", "So tell me, what is my job?", "Please tell me my job.",
        ),
        ("Could you tell me my job?", "So what is my job?", "What was my job again?"),
    ),
    "OK, I will remember that you work as a {value}.",
    "You work as a {value}.",
    "I do not know your job yet.",
)  # fmt: skip

ENGLISH = Language(
    "en",
    GENERAL,
    (FAVOURITE, POSSESSION, NAME, HOME, JOB),
    Wordings(
        (
            "Remind me to {task} at {time}.", "Please remind me to {task} at {time}.", "Remind me to {task} at {time}",
            "Can you remind me to {task} at {time}?", "At {time}, remind me to {task}.",
            "I need a reminder to {task} at {time}.", "Set a reminder to {task} at {time}.",
            "Don't let me forget to {task} at {time}.", "I have to {task} at {time}, remind me.",
            "Remind me at {time} to {task}.", "Make sure that I {task} at {time}.", "Could you please remind me to {task} at {time}?", "Set a reminder for {time}: {task}.",
            "Please set me a reminder to {task} at {time}", "Would you remind me at {time} to {task}?", "Give me a reminder to {task} at {time}.", "I must {task} at {time}. Remind me.",
        ),
        (
            "Could you remind me to {task} at {time}?", "Please set a reminder to {task} at {time}.",
            "Please remind me at {time} to {task}.",
        ),
    ),
    "OK, I will remind you to {task} at {time}.",
    Wordings(
        (
            "Write a poem about {word}.", "Write a story about {word}", "What is {number} * {number}?",
            "What is {number} + {number}?", "Translate {word} into French.", "Explain {word} to me.",
            "Who wrote {word}?", "Who invented {word}?", "How do I cook {word}?", "Write a Python function that sorts {word}.",
            "Summarise this text: {word} {word} {word}", "What is the meaning of {word}?", "When was {word} born?",
            "How tall is {word}?", "Why is {word} so {word}?", "Give me ten ideas for {word}.", "Compare {word} and {word}.",
            "What will the weather be in {name}?", "Who is {name}?", "Tell me a joke about {word}.", "Tell me a joke",
            "Recommend a book about {word}.", "How many {word} are there in {name}?", "Fix this code: {word} = {word}({number})",
            "Draw {word}.", "Calculate {number} / {number}", "What is the population of {name}?", "Plan a trip to {name}.",
            "Is {word} better than {word}?", "Explain how {word} works", "What happened in {number}?", "Debug my program",
            "What is the capital of {name}?", "What colour is {word}?", "List all {word} of {name}.", "How far is {name} from {name}?",
            "Spell {word} backwards.", "What do you think about {word}?", "What time is it?", "What day is it today?",
            "Write an email to {name} about {word}.", "Solve {number}x + {number} = {number}", "def {word}(x): return {number}",
            "{word} {word} {word}", "Why do {word} like {word}?", "Play some {word}.", "Please write a letter about {word}.", "Please write a long article on {word}.", "Can you explain {word}?",
            "Could you draw {word} for me?", "Make up a story with {word} and {word}.", "What does {word} mean?", "Can you tell me what {word} is?",
            "How much does {word} cost?", "Where do {word} come from?", "Where can I find {word}?", "Who made {word}?", "Who found {word}?",
            "Please describe {word}.", "How do I learn {word}?", "Sing something about {word}.", "Write a few lines about {word} and {word}.",
            "How much is {number} and {number}?", "What do you get from {number} times {number}?", "{number} plus {number}", "Count to {number}.",
            "Please make a list of {word}.", "Do you like {word}?", "Should I buy {word}?", "Invent a name for {word}.", "Turn {word} into {word}.",
            "Why is {word} called {word}?", "When does {word} open?", "Show me a picture of {word}.", "Help me with {word}.", "Read {word} to me.", "What is {word}?", "Define {word}.",
        ),
        (
            "Compose a song about {word}.", "How much is {number} times {number}?", "Can you explain what {word} means?",
            "Please write a short essay about {word}.", "Where can I buy {word}?", "Who discovered {word}?",
            "How much is {number} minus {number}?", "Write a haiku about {word} and {word}.",
        ),
    ),
    "I am only a small practice model and know just the tutorial's world. "
    "Set a real model with `%kagura use` for this.",
    Wordings(
        (
            "Sign your reply with: {sign}", "Please end your reply with {sign}", "End with \"{sign}\"",
            "Please sign your reply with \"{sign}\".", "Sign with {sign}", "Finish your answer with \"{sign}\"",
        ),
        ("Please close your reply with \"{sign}\"", "Sign your answer with: {sign}"),
    ),
    (" ", " ", "\n"),
    ("Hello!", "Hi!", "Hi,", "Hello Kagura,", "Hey,", "Good morning!"),
)  # fmt: skip
