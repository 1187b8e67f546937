"""Plausible clinical content of the generator and the simulator; codes are those of ``include/fusion/sistemas/consulfarma/depara.yaml``."""

from __future__ import annotations

DIAGNOSTICOS = (
    ("I10", "Hipertensão essencial (primária)"), ("E119", "Diabetes mellitus não-insulino-dependente, sem complicações"),
    ("J069", "Infecção aguda das vias aéreas superiores, não especificada"), ("N390", "Infecção do trato urinário"),
    ("M545", "Dor lombar baixa"), ("A09", "Diarreia e gastroenterite de origem infecciosa presumível"), ("J45.9", "Asma não especificada"),
    ("K35.8", "Apendicite aguda, outra e a não especificada"), ("R51", "Cefaleia"), ("O800", "Parto espontâneo cefálico"),
    ("S525", "Fratura da extremidade distal do rádio"), ("B342", "Infecção por coronavírus de localização não especificada"),
    ("F411", "Ansiedade generalizada"), ("I21.9", "Infarto agudo do miocárdio não especificado"), ("L209", "Dermatite atópica"),
)  # fmt: skip
# Code, name, strength, dose, unit, route, frequency, instructions, quantity (typed by people: comma or dot).
MEDICAMENTOS = (
    ("BR0267618", "Paracetamol", "500 mg", "1", "comprimido", "VO", "6/6 h", "Tomar 1 comprimido a cada 6 horas se dor ou febre", "20"),
    ("BR0267613", "Dipirona sódica", "500 mg/mL", "1,5", "mL", "EV", "6/6 h", "Diluir em 10 mL de AD; infundir lentamente", "1,5"),
    ("BR0268856", "Losartana potássica", "50 mg", "1", "comprimido", "VO", "12/12 h", "Uso contínuo, manhã e noite", "60"),
    ("BR0267691", "Metformina", "850 mg", "1", "comprimido", "VO", "8/8 h", "Após as refeições", "90,0"),
    ("BR0271089", "Amoxicilina", "50 mg/mL", "7,5", "mL", "VO", "8/8 h", "7,5 mL por 7 dias", "150.5"),
    ("BR0271157", "Insulina humana NPH", "100 UI/mL", "12", "UI", "SC", "24/24 h", "12 UI às 22 h", "1"),
    ("BR0292427", "Salbutamol", "100 mcg/dose", "2", "jatos", "INAL", "4/4 h", "Agitar antes de usar; usar espaçador", "1"),
    ("BR0267502", "Ácido acetilsalicílico", "100 mg", "1", "comprimido", "VO", "24/24 h", "Após o almoço", "30"),
    ("BR0268236", "Cloreto de sódio 0,9 %", "9 mg/mL", "500", "mL", "EV", "8/8 h", "EV em bomba de infusão", "1.500,00"),
)  # fmt: skip
# Procedure, name, results: (name, unit, reference, low, high, decimals).
EXAMES = (
    ("0202020380", "Hemograma completo", (("Hemoglobina", "g/dL", "12,0 a 16,0", 8, 18, 1), ("Leucócitos", "/mm³", "4.000 a 11.000", 2500, 22000, 0),
                                          ("Plaquetas", "/mm³", "150.000 a 450.000", 60000, 520000, 0))),
    ("0202010473", "Dosagem de glicose", (("Glicose", "mg/dL", "70 a 99", 55, 380, 0),)),
    ("0202010317", "Dosagem de creatinina", (("Creatinina", "mg/dL", "0,6 a 1,2", 0.4, 6, 2),)),
    ("0202010503", "Hemoglobina glicosilada", (("HbA1c", "%", "< 5,7", 4.5, 13, 1),)),
    ("0202050017", "Análise de caracteres físicos, elementos e sedimento da urina", (("pH", None, "5,0 a 7,0", 5, 8, 1), ("Densidade", None, None, 1.005, 1.03, 3))),
    ("0204030153", "Radiografia de tórax (PA e perfil)", ()),
    ("0205020046", "Ultrassonografia de abdome total", ()),
    ("0202030300", "Pesquisa de anticorpos anti-HIV", (("Anti-HIV 1 e 2", None, "Não reagente", 0, 0, -1),)),
)  # fmt: skip
REPORTS = (
    "Campos pulmonares de transparência preservada. Seios costofrênicos livres. Área cardíaca normal.",
    "<p><b>Fígado</b> de dimensões normais, contornos regulares.</p><p>Ves&iacute;cula sem c&aacute;lculos &lt; 3 mm.</p>",
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0\fs20 Aus\'eancia de les\'f5es focais.\par Conclus\'e3o: exame \b normal\b0 .}",
)
CIRURGIAS = (
    ("0407020039", "Apendicectomia"), ("0411010034", "Parto cesariano"), ("0408020342", "Redução incruenta de fratura do rádio distal"),
    ("0407030026", "Colecistectomia videolaparoscópica"), ("0409060135", "Histerectomia total"), ("0401010074", "Exérese de lesão de pele"),
)  # fmt: skip
VACINAS = (
    ("15", "BCG"), ("9", "Hepatite B"), ("22", "Poliomielite inativada (VIP)"), ("24", "Tríplice viral"), ("14", "Febre amarela"),
    ("33", "Influenza trivalente"), ("25", "Dupla adulto (dT)"), ("86", "COVID-19 RNAm"),
)  # fmt: skip
ALERGIAS = (
    ("Dipirona", "M"), ("Penicilina", "M"), ("Camarão", "A"), ("Amendoim", "A"), ("Látex", "B"), ("Poeira doméstica", "B"),
    ("AAS", "M"), ("Contraste iodado", "M"), ("Leite de vaca", "A"), ("Iodo", None),
)  # fmt: skip
REACTIONS = (None, "Urticária", "Edema de glote em 2019", "Náuseas e vômitos", "<p>Placas eritematosas &amp; prurido</p>")
COMPLAINTS = (
    None, "Dor abdominal há 2 dias, sem febre", "Febre e tosse produtiva", "Queda da própria altura; dor em punho D", "Cefaleia intensa, PA > 180 x 110",
    "<p>Retorno ambulatorial.</p><p>Sem queixas.</p>", "Dispneia aos esforços < 10 m", "Vômitos desde ontem; diurese presente",
)  # fmt: skip
SECTORS = ("Pronto-socorro", "Clínica médica", "Clínica cirúrgica", "UTI adulto", "Ambulatório", "Maternidade", None)
SPECIALTIES = ("Clínica médica", "Pediatria", "Ortopedia", "Cardiologia", "Ginecologia e obstetrícia", None)
CONVENIOS = ("SUS", "Particular", "Plano Exemplo", None)
JOB_TITLES = (("225125", "CRM"), ("223505", "COREN"), ("225250", "CRM"), ("223405", "CRF"), ("225225", "CRM"))
RACES = {"BRANCA": "1", "PRETA": "2", "AMARELA": "3", "PARDA": "4", "INDIGENA": "5", "IGNORADA": "9"}
STRANGE = (
    "Paciente relata 😷🤒 e “dor” às 3h – melhora c/ repouso…", "Linha 1\r\nLinha 2\tcom tabulação\x0b\x1f fim", "e\u0301 acento decomposto; ﬁ ligadura; ½; µg; ≥ 5",
    "  bordas em branco  ", "'; DROP TABLE dbo.Atendimento; --", "100% :chave %s {campo} \\N \\t \\",
)  # fmt: skip
